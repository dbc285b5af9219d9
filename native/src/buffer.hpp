// A view of the bytes of any Python object that has them, held for as long as this lives.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>  // IWYU pragma: keep (converts arguments)

#include <cstddef>
#include <cstdint>

namespace nb = nanobind;
using namespace nb::literals;

namespace assay {

class Buffer {
 public:
  explicit Buffer(nb::handle object, bool writable = false) {
    if (PyObject_GetBuffer(object.ptr(), &view_, writable ? PyBUF_CONTIG : PyBUF_CONTIG_RO)) throw nb::python_error();
  }
  ~Buffer() { PyBuffer_Release(&view_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  const uint8_t* data() const { return static_cast<const uint8_t*>(view_.buf); }
  template <class T> T* as() const { return static_cast<T*>(view_.buf); }
  size_t size() const { return size_t(view_.len); }

 private:
  Py_buffer view_;
};

}  // namespace assay
