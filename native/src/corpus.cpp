// Bindings of the corpus kernels: arguments are measured here, results are bytes of uint32.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/tuple.h>   // IWYU pragma: keep (converts arguments)
#include <nanobind/stl/vector.h>  // IWYU pragma: keep

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "buffer.hpp"
#include "shard.hpp"
#include "suffixes.hpp"
#include "words.hpp"

namespace assay {

using Numbers = std::vector<uint32_t>;

static nb::bytes packed(const Numbers& values) { return nb::bytes(values.data(), values.size() * 4); }

static const uint8_t* classes(const Buffer& table) {
  if (table.size() != CODE_POINTS) throw std::invalid_argument("the table of classes has one byte for each code point");
  return table.data();
}

static Fold folding(nb::callable fold) {
  return [fold](std::string_view surface) {
    nb::bytes folded = nb::cast<nb::bytes>(fold(nb::bytes(surface.data(), surface.size())));
    return std::string(folded.c_str(), folded.size());
  };
}

struct Splitting {
  const uint8_t* text;
  const Fold& fold;
  Numbers starts, stops, ends;
  std::string folded;
  void word(size_t start, size_t stop, std::string_view as) {
    folded.append(as);
    starts.push_back(uint32_t(start)), stops.push_back(uint32_t(stop)), ends.push_back(uint32_t(folded.size()));
  }
  void plain(size_t start, size_t stop, std::string_view as) { word(start, stop, as); }
  void wide(size_t start, size_t stop) {
    word(start, stop, fold(std::string_view(reinterpret_cast<const char*>(text) + start, stop - start)));
  }
};

static nb::tuple split_words(nb::handle text, nb::handle table, nb::callable fold) {
  Buffer from(text), kinds(table);
  if (from.size() > 0x7fffffffu) throw std::length_error("a text has at most 2 GiB");
  Fold folded = folding(fold);
  Splitting words{from.data(), folded, {}, {}, {}, {}};
  split(from.data(), from.size(), classes(kinds), words);
  return nb::make_tuple(packed(words.starts), packed(words.stops), packed(words.ends),
                        nb::bytes(words.folded.data(), words.folded.size()));
}

static nb::bytes suffix_array(nb::handle text, uint32_t alphabet) {
  Buffer from(text);
  size_t count = from.size() / 4;
  if (from.size() % 4 || count > 0x7fffffffu || alphabet > 0x7ffffffeu) throw std::invalid_argument("not int32 symbols");
  for (size_t i = 0; i < count; i++)
    if (from.as<uint32_t>()[i] >= alphabet) throw std::invalid_argument("a symbol lies outside the alphabet");
  Numbers rows(count);
  {
    nb::gil_scoped_release unlocked;
    sort_suffixes(from.as<int32_t>(), reinterpret_cast<int32_t*>(rows.data()), int32_t(count), int32_t(alphabet));
  }
  return packed(rows);
}

class BoundIndexer {
 public:
  BoundIndexer(nb::bytes table, nb::callable fold)
      : table_(std::move(table)), fold_(folding(fold)), indexer_(checked()) {}
  uint64_t add(nb::handle text) {
    Buffer from(text);
    return indexer_.add(from.data(), from.size(), fold_);
  }
  void finish() {
    nb::gil_scoped_release unlocked;
    indexer_.finish();
  }
  nb::tuple section(const std::string& name) {
    Range found = indexer_.section(name);
    return nb::make_tuple(nb::ndarray<nb::numpy, uint8_t, nb::ndim<1>>(found.data, {found.bytes}, nb::find(this)),
                          found.width, found.count);
  }
  uint64_t units() const { return indexer_.units(); }
  uint64_t words() const { return indexer_.words(); }

 private:
  const uint8_t* checked() const {
    if (table_.size() != CODE_POINTS) throw std::invalid_argument("the table of classes has one byte for each code point");
    return reinterpret_cast<const uint8_t*>(table_.c_str());
  }
  nb::bytes table_;
  Fold fold_;
  Indexer indexer_;
};

class BoundShard {
 public:
  BoundShard(nb::object file, nb::object checks, const std::vector<std::tuple<uint64_t, uint64_t, uint64_t, uint32_t>>& sections)
      : file_(file), checks_(checks), shard_(file_.data(), file_.size(), checks_.as<uint32_t>(), checks_.size() / 4, laid(sections)) {}

  nb::bytes read(uint64_t offset, uint64_t bytes) const {
    return nb::bytes(shard_.blocks().at(offset, bytes), bytes);
  }

  nb::bytes numbers(nb::handle folded, nb::handle ends) const {
    Buffer words(folded), stops(ends);
    Numbers found;
    uint32_t start = 0;
    for (size_t i = 0; i < stops.size() / 4; start = stops.as<uint32_t>()[i++]) {
      uint32_t stop = stops.as<uint32_t>()[i];
      if (stop < start || stop > words.size()) throw std::invalid_argument("the ends of the words do not rise");
      found.push_back(shard_.number(std::string_view(words.as<char>() + start, stop - start)));
    }
    return packed(found);
  }

  nb::tuple rows(nb::handle query) const {
    Buffer words(query);
    Match found = shard_.rows(words.as<uint32_t>(), uint32_t(words.size() / 4));
    return nb::make_tuple(found.low, found.high);
  }

  nb::tuple longest(nb::handle query, uint32_t least, bool parallel) const {
    Buffer words(query);
    std::vector<Match> found;
    {
      nb::gil_scoped_release unlocked;
      found = shard_.longest_everywhere(words.as<uint32_t>(), uint32_t(words.size() / 4), least, parallel);
    }
    Numbers lengths, low, high;
    for (auto& match : found) lengths.push_back(match.words), low.push_back(match.low), high.push_back(match.high);
    return nb::make_tuple(packed(lengths), packed(low), packed(high));
  }

  uint64_t living(uint32_t low, uint32_t high) const { return shard_.living(low, high); }

  nb::tuple hits(nb::handle low, nb::handle high, uint32_t most) const {
    Buffer from(low), to(high);
    if (from.size() != to.size()) throw std::invalid_argument("there is not one end for each beginning");
    std::vector<Match> matches;
    for (size_t i = 0; i < from.size() / 4; i++) matches.push_back({0, from.as<uint32_t>()[i], to.as<uint32_t>()[i]});
    Numbers spans, documents, units;
    for (auto& hit : shard_.hits(matches, most))
      spans.push_back(hit.span), documents.push_back(hit.document), units.push_back(hit.unit);
    return nb::make_tuple(packed(spans), packed(documents), packed(units));
  }

  nb::tuple frequencies(nb::handle numbers) const {
    Buffer words(numbers);
    Numbers times, documents;
    for (size_t i = 0; i < words.size() / 4; i++) {
      uint32_t word = words.as<uint32_t>()[i];
      times.push_back(word ? shard_.frequency(word) : 0), documents.push_back(word ? shard_.document_frequency(word) : 0);
    }
    return nb::make_tuple(packed(times), packed(documents));
  }

  nb::bytes units(uint64_t from, uint64_t to) const {
    Numbers found;
    for (uint64_t i = from; i < std::min<uint64_t>(to, shard_.units()); i++) found.push_back(shard_.unit(i));
    return packed(found);
  }

  void remove(nb::handle bitmap) {
    Buffer bits(bitmap);
    shard_.remove(bits.data(), bits.size());
  }

 private:
  static std::vector<Section> laid(const std::vector<std::tuple<uint64_t, uint64_t, uint64_t, uint32_t>>& rows) {
    std::vector<Section> out;
    for (auto& [offset, bytes, count, width] : rows) out.push_back({offset, bytes, count, width});
    return out;
  }
  Buffer file_, checks_;
  Shard shard_;
};

void bind_corpus(nb::module_& m) {
  static nb::exception<Damaged> damaged(m, "Damaged", PyExc_ValueError);
  m.def("crc32", [](nb::handle bytes) { Buffer from(bytes); return crc32(from.data(), from.size()); }, "bytes"_a);
  m.def("split_words", &split_words, "text"_a, "classes"_a, "fold"_a,
        "(starts, stops, ends, folded): uint32 byte offsets of each word of UTF-8 text, and the folded words end to end.");
  m.def("suffix_array", &suffix_array, "text"_a, "alphabet"_a, "The suffix array of uint32 symbols, as bytes of uint32.");
  nb::class_<BoundIndexer>(m, "Indexer")
      .def(nb::init<nb::bytes, nb::callable>(), "classes"_a, "fold"_a)
      .def("add", &BoundIndexer::add, "text"_a, "Add one document of UTF-8; how many words it has.")
      .def("finish", &BoundIndexer::finish)
      .def("section", &BoundIndexer::section, "name"_a, "(uint8 array over the packed integers, width in bits, count).")
      .def_prop_ro("units", &BoundIndexer::units)
      .def_prop_ro("words", &BoundIndexer::words);
  nb::class_<BoundShard>(m, "Shard")
      .def(nb::init<nb::object, nb::object, const std::vector<std::tuple<uint64_t, uint64_t, uint64_t, uint32_t>>&>(),
           "file"_a, "checks"_a, "sections"_a)
      .def("read", &BoundShard::read, "offset"_a, "bytes"_a)
      .def("numbers", &BoundShard::numbers, "folded"_a, "ends"_a)
      .def("rows", &BoundShard::rows, "query"_a)
      .def("longest", &BoundShard::longest, "query"_a, "least"_a, "parallel"_a)
      .def("living", &BoundShard::living, "low"_a, "high"_a)
      .def("hits", &BoundShard::hits, "low"_a, "high"_a, "most"_a)
      .def("frequencies", &BoundShard::frequencies, "numbers"_a)
      .def("units", &BoundShard::units, "start"_a, "stop"_a)
      .def("remove", &BoundShard::remove, "bitmap"_a);
}

}  // namespace assay
