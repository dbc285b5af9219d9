"""What a pickle may import, name by name, with the reason: read in the library's source, not guessed from the name.

One entry for each reason: names, then the reason. A name is module.name, `module.(a b c)` stands for several of one
module, and an indented line goes on with the entry above it.

VALUES   can only build numbers, texts, containers, arrays and tensors, whatever they are given, also when another of
         them calls them; where the arguments decide, `formats/pickle/arguments.py` looks at them, and the entry says so
OBJECTS  constructors of library objects that were read and reach nothing outside
CODE     makes functions out of byte code
GADGETS  classes of known libraries whose constructor opens files, connects, or runs code

Read with CPython 3.11, PyTorch 2.13, NumPy 2.4, pandas 3.0, scikit-learn 1.9 and transformers 5.24; of names that these
no longer have, the source of the version that had them was not at hand, and they are there as aliases of the same
function. A change here changes answers, and therefore assay's version.
"""

from __future__ import annotations

VALUES = """
collections.(OrderedDict Counter deque)                 containers; their constructors iterate and count, nothing else
collections.defaultdict                                 its factory is looked at: only plain containers and numbers
builtins.(set frozenset list dict tuple str bool complex slice object)
    plain values; no constructor of these calls anything of the file's choosing
__builtin__.(set frozenset list dict tuple str unicode bool complex slice object)   the same under Python 2's name
builtins.(bytes bytearray range int float)              plain values; sizes and digits are looked at
__builtin__.(bytearray xrange range int long float)     the same under Python 2's name
_codecs.encode
    how protocol 2 stores bytes; the codec is looked at and must be latin1
datetime.(date datetime time timedelta timezone)        dates from bytes or integers
decimal.Decimal                                         a number from a text; converting it further is looked at
fractions.Fraction                                      a number from a text or two integers; exponents are looked at
uuid.(UUID SafeUUID)                                    a number of 128 bits
pathlib.(PosixPath WindowsPath PurePosixPath PureWindowsPath Path PurePath)
    a path as text; making one does not touch the disk
pathlib._local.(PosixPath WindowsPath PurePosixPath PureWindowsPath)          the same in Python 3.13
argparse.Namespace                                      an object with attributes and no behaviour
types.SimpleNamespace                                   the same
copyreg._reconstructor                                  makes an instance of a class that is itself judged
copy_reg._reconstructor                                 the same under Python 2's name
numpy.(ndarray dtype)                                   an array or its type; shapes are looked at
numpy.(bool_ bool float16 float32 float64 longdouble int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64
    complex128 str_ bytes_ object_ void datetime64 timedelta64)   scalar types
numpy.core.multiarray.(_reconstruct scalar)             an empty array, then its bytes by BUILD; a scalar from bytes
numpy._core.multiarray.(_reconstruct scalar)            the same since NumPy 2
numpy.core.numeric._frombuffer                          an array over bytes in the file
numpy._core.numeric._frombuffer                         the same since NumPy 2
numpy.dtypes.(BoolDType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType UInt32DType UInt64DType
    Float16DType Float32DType Float64DType StrDType ObjectDType)   types of arrays
numpy.ma.core.(_mareconstruct MaskedArray)              an array with a mask
numpy.random._pickle.(__bit_generator_ctor __generator_ctor __randomstate_ctor)
    random states by name; the name is looked at
numpy.random.bit_generator.(SeedSequence __pyx_unpickle_SeedSequence)              the seed of a random state
numpy.random._mt19937.MT19937                           a random state
numpy.random._pcg64.(PCG64 PCG64DXSM)                   a random state
numpy.random._philox.Philox                             a random state
numpy.random._sfc64.SFC64                               a random state
ml_dtypes.(bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3b11fnuz float8_e4m3fnuz float8_e5m2fnuz int4 uint4)
    scalar types of JAX
torch._utils.(_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state
    _rebuild_qtensor _rebuild_sparse_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor
    _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor _rebuild_xla_tensor)
    a tensor over a storage that the loader supplies
torch._tensor._rebuild_from_type_v2                     a tensor of another class; the function it calls is looked at
torch.storage._load_from_bytes                          a checkpoint inside the pickle, which is followed too
torch.storage.(UntypedStorage TypedStorage _UntypedStorage _TypedStorage)           bytes of a tensor
torch.nn.parameter.(Parameter Buffer UninitializedParameter)                        a tensor that is trained
torch.serialization._get_layout                         one of torch's memory layouts, by name in a fixed table
torch.(Size device dtype Tensor strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc preserve_format
    contiguous_format channels_last)   shapes and layouts
torch.(per_tensor_affine per_channel_affine per_tensor_symmetric per_channel_symmetric
    per_channel_affine_float_qparams)   quantisation schemes
torch.(FloatStorage HalfStorage BFloat16Storage DoubleStorage LongStorage IntStorage ShortStorage CharStorage
    ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage QInt8Storage QInt32Storage QUInt8Storage
    QUInt4x2Storage QUInt2x4Storage)   kinds of storage, named in persistent ids
torch.cuda.(FloatStorage HalfStorage BFloat16Storage DoubleStorage LongStorage IntStorage ShortStorage CharStorage
    ByteStorage BoolStorage)   the same on a device
torch.(FloatTensor HalfTensor BFloat16Tensor DoubleTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
    BoolTensor)   old names of tensor types
torch.(float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex32 complex64
    complex128 qint8 qint32 quint8 quint4x2 quint2x4)   dtypes
torch.(float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 int1 int2 int3 int4
    uint1 uint2 uint3 uint4)   dtypes of few bits
"""

# only where the loader is the one that gives the name this meaning
VALUES_OF_LOADER = {
    "joblib": """
joblib.numpy_pickle.(NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper)
    says which array follows in the file; assay steps over it
""",
    "torchscript": """
torch.jit._pickle.(build_intlist build_doublelist build_boollist build_tensorlist build_tensor_from_id
    restore_type_tag)   lists with a type; read by PyTorch's C++ unpickler, which imports nothing
collections.OrderedDict                                 hooks of tensors
""",
}

OBJECTS = """
builtins.getattr
    how Python 3.11 stores a member of an enumeration; every other use is looked at and is a fail
__builtin__.getattr                                     the same under Python 2's name
functools.partial                                       a function and arguments for later; the function is judged too
transformers.trainer_utils.(IntervalStrategy SaveStrategy SchedulerType HubStrategy EvaluationStrategy FSDPOption)
    members of enumerations, by value
transformers.training_args.(OptimizerNames ParallelMode)   the same
sklearn.tree._tree.Tree                                 three numbers and an array of class counts; nodes come by BUILD
sklearn._loss._loss.(CyHalfBinomialLoss CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHuberLoss CyHalfPoissonLoss
    CyHalfGammaLoss CyHalfTweedieLoss CyHalfMultinomialLoss CyExponentialLoss)   loss functions without state
sklearn.linear_model._sgd_fast.(Hinge SquaredHinge Log Huber EpsilonInsensitive SquaredEpsilonInsensitive SquaredLoss
    ModifiedHuber)   the same
sklearn.metrics._dist_metrics.newObj                    an instance of the metric named beside it
sklearn.neighbors._kd_tree.newObj                       an instance of the tree named beside it
sklearn.neighbors._ball_tree.newObj                     the same
scipy.sparse._csr.csr_matrix                            a sparse matrix; its parts come by BUILD
scipy.sparse._csr.csr_array                             the same
scipy.sparse._csc.csc_matrix                            the same
scipy.sparse.csr.csr_matrix                             the same under its older name
scipy.sparse.csc.csc_matrix                             the same under its older name
scipy.sparse._coo.coo_matrix                            the same
pandas._libs.internals._unpickle_block                  a block of columns
pandas.core.indexes.base._new_Index                     row or column labels: an instance of the class named beside it
torch.Generator                                         a random generator
torch._C.Generator                                      the same
accelerate.utils.dataclasses.(DistributedType PrecisionType)    members of enumerations, by value
torch.nn.functional.(relu gelu silu tanh sigmoid softmax leaky_relu elu selu relu6 mish hardswish softplus)
    activation functions, named as attributes of layers
torch._C._nn.(gelu silu elu_ leaky_relu hardtanh softplus)   the same
torch.(relu tanh sigmoid softmax)                       the same
numpy.(log1p expm1 log exp sqrt log10 log2 abs square)  named by FunctionTransformer; element-wise
numpy._core._multiarray_umath.(log exp sqrt)            the same
numpy.core._multiarray_umath.(log exp sqrt)             the same
"""

CODE = """
cloudpickle.cloudpickle.(_make_function _function_setstate _builtin_type _make_empty_cell _make_cell
    _make_skeleton_class _class_setstate _make_skeleton_enum _make_typevar subimport)   functions and classes by value
cloudpickle.cloudpickle_fast.(_make_function _function_setstate _class_setstate)      the same in older versions
cloudpickle.(_make_function _function_setstate _make_empty_cell)                      the same in older versions
dill._dill.(_create_function _create_code _create_cell _create_type _load_type _get_attr _import_module)
    the same by dill
__builtin__.__main__                                    dill's name for the module that runs
types.(CodeType FunctionType CellType)                  byte code and functions
torch.fx.graph_module.reduce_graph_module               a module from Python source that it compiles
torch.fx._symbolic_trace.Tracer                         traces such a module
"""

GADGETS = """
torch.package.package_importer.PackageImporter          imports modules out of a file
torch.package.PackageImporter                           the same
torch._C.(PyTorchFileReader PyTorchFileWriter CompilationUnit ScriptModule ScriptFunction)
    open files; compile TorchScript
torch.PyTorchFileReader                                 opens a file
torch.jit.CompilationUnit                               compiles TorchScript
torch.distributed.(TCPStore FileStore HashStore)        connects; writes a file
torch._C._distributed_c10d.(TCPStore FileStore)         the same
torch.utils.tensorboard.writer.SummaryWriter            writes files
torch.utils.cpp_extension.BuildExtension                compiles native code
numpy.DataSource                                        downloads
numpy.lib._datasource.DataSource                        the same
numpy.lib.npyio.(NpzFile DataSource)                    open files; download
joblib.numpy_pickle.(NumpyUnpickler NumpyPickler ZipNumpyUnpickler)      unpickle further files
joblib.memory.(Memory MemorizedFunc)                    write and unpickle files
joblib.parallel.Parallel                                starts processes
pandas.io.pickle.Unpickler                              unpickles further files
argparse.(FileType ArgumentParser)                      opens files; reads arguments
tensorflow.python.lib.io.file_io.FileIO                 opens files
tensorflow.python.platform.gfile.GFile                  opens files
transformers.tools.agents.PythonInterpreterTool         runs code
keras.src.layers.core.lambda_layer.Lambda               holds Python byte code
keras.layers.core.Lambda                                the same
"""

# Libraries of the field. Making an instance of one of their classes (a capitalised name) without calling its
# constructor runs that library's own __setstate__ and needs a person's yes.
_LIBRARIES = """
torch torchvision torchaudio transformers tokenizers accelerate peft trl diffusers sentence_transformers
sklearn numpy scipy pandas xgboost lightgbm catboost joblib ultralytics timm fairseq spacy nltk gensim keras
tensorflow jax jaxlib flax optax lightning pytorch_lightning omegaconf deepspeed bitsandbytes datasets
sentencepiece tiktoken imblearn statsmodels hydra megatron nemo detectron2 mmengine
"""
LIBRARIES = frozenset(_LIBRARIES.split())
