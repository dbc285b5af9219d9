"""What a pickle may import, name by name, with the reason: read in the library's source, not guessed from the name.

One entry for each reason: names, then the reason. A name is module.name, `module.(a b c)` stands for several of one
module, `module::Class.name` for what belongs to a class, and an indented line goes on with the entry above it.

VALUES   can only build numbers, texts, containers, arrays and tensors, whatever they are given, also when another of
         them calls them; where the arguments decide, `formats/pickle/arguments.py` looks at them, and the entry says so
OBJECTS  constructors of library objects that were read and reach nothing outside
NAMED    functions that were read and compute, where the pickle only names them, as the attribute of an object
MADE     classes whose constructor acts, of which an instance without it does nothing
CODE     makes functions out of byte code
GADGETS  names whose constructor, state or call opens files, connects, or runs code

Read with CPython 3.11, PyTorch 2.13, NumPy 2.4, pandas 3.1, scikit-learn 1.9, SciPy 1.17, gensim 4.4 and transformers
5.24; of names that these no longer have, the source of the version that had them was not at hand, and they are there as
aliases of the same function. Whose classes count at all is in `_pickle_packages`. A change here changes answers, and
therefore assay's version.
"""

from __future__ import annotations

VALUES = """
collections.(OrderedDict Counter deque)                 containers; their constructors iterate and count, nothing else
collections.defaultdict                                 its factory is looked at: only plain containers and numbers
builtins.(set frozenset list dict tuple str bool complex slice object)
    plain values; no constructor of these calls anything of the file's choosing
__builtin__.(set frozenset list dict tuple str unicode bool complex slice object)   the same under Python 2's name
builtins.(bytes bytearray range int float)              plain values; sizes and digits are looked at
__builtin__.(bytes bytearray xrange range int long float)   the same under Python 2's name
builtins.(Ellipsis NotImplemented)                      the two constants of these names
__builtin__.(Ellipsis NotImplemented)                   the same under Python 2's name
builtins.type                                           the type of None, which has no other name; nothing else
__builtin__.type                                        the same under Python 2's name
array.(array _array_reconstructor)                      numbers of one type, from bytes or a list
typing.(Any Optional Union List Dict Tuple Set Sequence Mapping Callable Iterable Literal Type NamedTuple)
    annotations, only ever named
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
numpy.random.(__RandomState_ctor)                       a random state, of which nothing is said
numpy.random.mtrand.(__RandomState_ctor)                the same under its older name
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
sklearn.externals.joblib.numpy_pickle.(NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper)    those of joblib, as below
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
functools.partial
    a function and arguments for later; the function is judged as one that is named, and a call of it is a fail
cloudpickle.cloudpickle._builtin_type                    a type of the module types, judged as what it is
numba.cloudpickle.cloudpickle._builtin_type              the same
joblib.externals.cloudpickle.cloudpickle._builtin_type   the same
types.MethodType                                        a function bound to an object; judged in the same way
re._compile                                             a pattern, compiled and not matched
re.RegexFlag                                            flags of one
regex._main.compile                                     a pattern, compiled and not matched
regex.regex.compile                                     the same under its older name
random.Random                                           a random generator; its state comes by BUILD
logging.getLogger                                       the logger of a name
itertools.count                                         counts
inspect.(Signature Parameter _ParameterKind _empty)     how a function is called
zoneinfo.ZoneInfo                                       a time zone by its key, inside the folders of zoneinfo
zoneinfo::ZoneInfo._unpickle                            the same
pytz.(_UTC _p timezone)                                 the same by pytz
dateutil.tz.tz.(tzutc tzlocal tzoffset)                 the same by dateutil
builtins.(Exception ValueError TypeError KeyError RuntimeError)     an error with a text, not raised
transformers.trainer_utils.(IntervalStrategy SaveStrategy SchedulerType HubStrategy EvaluationStrategy FSDPOption
    HPSearchBackend LoggingStrategy)   members of enumerations, by value
transformers.training_args.(OptimizerNames ParallelMode)   the same
transformers.debug_utils.DebugOption                    the same
transformers.utils.generic.(PaddingStrategy TensorType)  the same
transformers.tokenization_utils_base.TruncationStrategy  the same
transformers.generation.configuration_utils.GenerationMode   the same
transformers.image_utils.(AnnotationFormat ChannelDimension)   the same
transformers.utils.quantization_config.(AwqBackend AwqFormat ExllamaVersion QuantizationMethod)   the same
accelerate.utils.dataclasses.(BaseEnum ComputeEnvironment CustomDtype DDPCommunicationHookType DynamoBackend LoggerType
    FP8BackendType RNGType SageMakerDistributedType)   the same
sentence_transformers.base.sampler.(BatchSamplers MultiDatasetBatchSamplers)   the same
sentence_transformers.training_args.(BatchSamplers MultiDatasetBatchSamplers)   the same
sentence_transformers.util.similarity.SimilarityFunction     the same
sentence_transformers.similarity_functions.SimilarityFunction     the same
torchvision.transforms.functional.InterpolationMode     the same
torchvision.transforms.autoaugment.AutoAugmentPolicy    the same
torchvision.tv_tensors._bounding_boxes.BoundingBoxFormat     the same
timm.layers.format.Format                               the same
torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING   the same
torch.distributed.checkpoint.planner.(LoadItemType WriteItemType)   the same
torch.distributed._shard.sharded_tensor.metadata.MEM_FORMAT_ENCODING   the same
torch.distributed.fsdp.api.(BackwardPrefetch ShardingStrategy StateDictType)   the same
torch.distributed.fsdp._common_utils.(HandleTrainingState TrainingState)   the same
torch.distributed.fsdp._flat_param.HandleShardingStrategy     the same
torch.distributed.algorithms._checkpoint.checkpoint_wrapper.CheckpointImpl   the same
torch.ao.quantization.quant_type.QuantType              the same
torch.ao.quantization.observer.(MappingType ZeroPointDomain)   the same
torch.ao.quantization.backend_config.backend_config.ObservationType   the same
torch.amp.grad_scaler.OptState                          the same
torch.cuda.amp.grad_scaler.OptState                     the same
torch.nn.utils.parametrizations._OrthMaps               the same
torch.nn.attention.bias.CausalVariant                   the same
omegaconf._utils.ValueKind                              the same
omegaconf.base.SCMode                                   the same
pytorch_lightning.callbacks.early_stopping.EarlyStoppingReason   the same
pytorch_lightning.trainer.states.(TrainerFn TrainerStatus RunningStage)   the same
lightning.pytorch.trainer.states.(TrainerFn TrainerStatus RunningStage)   the same
xgboost.core.DataSplitMode                              the same
catboost.core.(EFstrType EShapCalcType)                 the same
lifelines.utils.CensoringType                           the same
category_encoders.utils.EncodingRelation                the same
torch.nn.utils.rnn.PackedSequence                       four values under names
nltk.probability.FreqDist                               counts, from a dictionary
tokenizers.(Tokenizer AddedToken)                       a tokenizer; what it does comes as JSON by BUILD
tokenizers.models.(Model BPE WordPiece WordLevel Unigram)    its parts
tokenizers.normalizers.(Normalizer Sequence)            the same
tokenizers.pre_tokenizers.(PreTokenizer Sequence)       the same
tokenizers.processors.(PostProcessor TemplateProcessing)     the same
tokenizers.decoders.Decoder                             the same
numpy.core._ufunc_reconstruct                           a function on arrays by name; the name is looked at
numpy._core._ufunc_reconstruct                          the same since NumPy 2
sklearn.tree._tree.Tree                                 three numbers and an array of class counts; nodes come by BUILD
sklearn._loss._loss.(CyHalfBinomialLoss CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHuberLoss CyHalfPoissonLoss
    CyHalfGammaLoss CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHalfMultinomialLoss CyExponentialLoss)
    loss functions with a number at most
sklearn.linear_model._sgd_fast.(Hinge SquaredHinge Log Huber EpsilonInsensitive SquaredEpsilonInsensitive SquaredLoss
    ModifiedHuber)   the same
sklearn.metrics._dist_metrics.newObj                    an instance of the metric named beside it
sklearn.neighbors._kd_tree.newObj                       an instance of the tree named beside it
sklearn.neighbors._ball_tree.newObj                     the same
sklearn.neighbors.kd_tree.newObj                        an instance of the tree named beside it
sklearn.neighbors.ball_tree.newObj                      the same
sklearn.neighbors.dist_metrics.newObj                   an instance of the metric named beside it
sklearn.neighbors._dist_metrics.newObj                  the same
hdbscan.dist_metrics.newObj                             the same
statsmodels.tsa.statespace._initialization.(sInitialization dInitialization cInitialization zInitialization)
    matrices of a state space, from numbers
statsmodels.tsa.statespace._representation.(sStatespace dStatespace cStatespace zStatespace)   the same
statsmodels.tsa.statespace._kalman_filter.(sKalmanFilter dKalmanFilter cKalmanFilter zKalmanFilter)   the same
statsmodels.tsa.statespace._kalman_smoother.(sKalmanSmoother dKalmanSmoother cKalmanSmoother zKalmanSmoother)   the same
statsmodels.tsa.statespace._simulation_smoother.(sSimulationSmoother dSimulationSmoother cSimulationSmoother
    zSimulationSmoother)   the same
scipy.sparse._csr.csr_matrix                            a sparse matrix; its parts come by BUILD
scipy.sparse._csr.csr_array                             the same
scipy.sparse._csc.csc_matrix                            the same
scipy.sparse.csr.csr_matrix                             the same under its older name
scipy.sparse.csc.csc_matrix                             the same under its older name
scipy.sparse._coo.coo_matrix                            the same
pandas._libs.internals._unpickle_block                  a block of columns
pandas.core.internals.blocks.(new_block make_block)     the same as older versions wrote it
torch.nn.backends.thnn._get_thnn_function_backend       takes nothing and gives nothing; what networks named before 1.2
pandas.core.indexes.base._new_Index                     row or column labels: an instance of the class named beside it
pandas.core.indexes.datetimes._new_DatetimeIndex        the same
pandas.core.indexes.period._new_PeriodIndex             the same
pandas.core.indexes.interval._new_IntervalIndex         the same
pandas.core.internals.managers.(BlockManager SingleBlockManager)     the columns of a frame, from blocks
pandas.(StringDtype CategoricalDtype PeriodDtype IntervalDtype DatetimeTZDtype SparseDtype ArrowDtype BooleanDtype)
    types of columns, from names and types
pandas.core.arrays.string_.StringDtype                  the same under its older name
pandas.core.dtypes.dtypes.(CategoricalDtype PeriodDtype IntervalDtype DatetimeTZDtype SparseDtype ArrowDtype)   the same
pandas.(Period Interval Timestamp Timedelta)            points and spans of time, from numbers and texts
pandas._libs.tslibs.timestamps._unpickle_timestamp      the same
pandas._libs.tslibs.timedeltas._timedelta_unpickle      the same
pandas._libs.tslibs.nattype._nat_unpickle               the same
pandas._libs.tslibs.offsets.(Day Hour Minute Second Milli Micro Nano Week MonthEnd MonthBegin QuarterEnd QuarterBegin
    YearEnd YearBegin BusinessDay BusinessHour BusinessMonthEnd BusinessMonthBegin BQuarterEnd BQuarterBegin BYearEnd
    BYearBegin SemiMonthEnd SemiMonthBegin WeekOfMonth LastWeekOfMonth DateOffset BDay BMonthEnd BMonthBegin
    CustomBusinessDay FY5253 Easter Tick)   steps of a calendar, from numbers
pandas._libs.sparse.(IntIndex BlockIndex)               where values of a sparse column lie
pyarrow.lib.(_restore_array py_buffer type_for_alias chunked_array field schema list_ large_list struct dictionary
    timestamp duration decimal128 time32 time64 map_)
    columns over bytes in the file; pyarrow does not check them, so damaged ones may crash it
torch.Generator                                         a random generator
torch._C.Generator                                      the same
torch.torch_version.TorchVersion                        a text that compares as a version
accelerate.utils.dataclasses.(DistributedType PrecisionType)    members of enumerations, by value
torch.nn.functional.(relu gelu silu tanh sigmoid softmax leaky_relu elu selu relu6 mish hardswish softplus)
    activation functions, named as attributes of layers
torch._C._nn.(gelu silu elu_ leaky_relu hardtanh softplus)   the same
torch.(relu tanh sigmoid softmax)                       the same
numpy.(log1p expm1 log exp sqrt log10 log2 abs square)  named by FunctionTransformer; element-wise
numpy._core._multiarray_umath.(log exp sqrt log1p expm1 log2 log10 square absolute sin cos tanh sign)    the same
numpy.core._multiarray_umath.(log exp sqrt log1p expm1 log2 log10 square absolute sin cos tanh sign)     the same
"""

NAMED = """
builtins.(hash print len abs min max sum sorted any all round repr id callable divmod pow enumerate zip reversed)
    functions of Python that compute
__builtin__.(hash print len abs min max sum sorted any all round repr divmod pow)   the same under Python 2's name
math.(log exp sqrt log1p expm1 log2 log10 floor ceil sin cos tanh pow fabs)   the same
numpy.(mean median std var sum min max amin amax argmax argmin prod any all nanmean nanmedian nanstd nansum nanmin
    nanmax percentile quantile clip maximum minimum add multiply subtract divide sign sin cos tan tanh arctan arcsinh
    sinh cosh absolute log1p expm1 cbrt reciprocal round floor ceil isnan isfinite ravel reshape array asarray zeros
    ones power dot)   compute on arrays
scipy.special._ufuncs.(expit logit gammaln erf erfinv xlogy boxcox inv_boxcox boxcox1p inv_boxcox1p ndtr ndtri)
    the same
scipy.interpolate._interpolate::interp1d._call_linear_np     how an interpolation evaluates
scipy.interpolate._interpolate::interp1d._call_linear   the same
scipy.interpolate._interpolate::interp1d._call_nearest  the same
scipy.interpolate._interpolate::interp1d._call_spline   the same
scipy.interpolate._interpolate::interp1d._call_previousnext  the same
gensim.utils.(identity call_on_class_only)              gives back; raises an error
gensim.models.tfidfmodel.(df2idf smartirs_normalize smartirs_wlocal smartirs_wglobal precompute_idfs)
    weights of words
gensim.models.phrases.(original_scorer npmi_scorer)     scores of pairs of words
gensim.matutils.(unitvec corpus2dense)                  lengths of vectors
sklearn.cluster._kmeans.(_kmeans_single_lloyd _kmeans_single_elkan)   steps of a clustering
fastai.torch_core.(trainable_params apply tensor)       gather parameters; map a function
fastai.data.load._wif                                   sets the seed of a worker
fastai.data.core::FilteredBase.dataloaders              makes loaders of data
fastai.data.block.(_merge_tfms)                         joins lists
fastai.optimizer.(weight_decay l2_reg average_grad average_sqr_grad momentum_step sgd_step rms_prop_step adam_step
    step_stat radam_step qhadam_step larc_layer_lr larc_step lamb_step)   steps of an optimiser
fastai.losses.(CrossEntropyLossFlat MSELossFlat BCEWithLogitsLossFlat)     loss functions
"""

MADE = """
joblib.memory.(Memory MemorizedFunc NotMemorizedFunc)   holds where results would be kept; writes when it is called
"""

CODE = """
cloudpickle.cloudpickle.(_make_function _function_setstate _make_empty_cell _make_cell
    _make_skeleton_class _class_setstate _make_skeleton_enum _make_typevar subimport)   functions and classes by value
numba.cloudpickle.cloudpickle.(_make_function _function_setstate _make_empty_cell _make_cell
    _make_skeleton_class _class_setstate _make_skeleton_enum _make_typevar subimport)     the same, in Numba
joblib.externals.cloudpickle.cloudpickle.(_make_function _function_setstate _make_empty_cell _make_cell
    _make_skeleton_class _class_setstate _make_skeleton_enum _make_typevar subimport)     the same, in joblib
cloudpickle.cloudpickle_fast.(_make_function _function_setstate _class_setstate)      the same in older versions
cloudpickle.(_make_function _function_setstate _make_empty_cell)                      the same in older versions
dill._dill.(_create_function _create_code _create_cell _create_type _load_type _get_attr _import_module)
    the same by dill
__builtin__.__main__                                    dill's name for the module that runs
types.(CodeType FunctionType CellType)                  byte code and functions
torch.fx.graph_module.reduce_graph_module               a module from Python source that it compiles
torch.fx._symbolic_trace.Tracer                         traces such a module
numba.core.serialize.(_unpickle__CustomPickled custom_rebuild _rebuild_function _rebuild_reduction)
    functions that numba compiles again
numba.core.registry.CPUDispatcher                       the same
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
torch.utils.tensorboard.writer.FileWriter               writes files
pandas.(HDFStore ExcelFile ExcelWriter)                 open files
pandas.io.pytables.HDFStore                             the same
torch.utils.cpp_extension.BuildExtension                compiles native code
numpy.DataSource                                        downloads
numpy.lib._datasource.(DataSource Repository)           the same, and deletes the folder that its state names
numpy.lib.npyio.(NpzFile DataSource)                    open files; download
numpy.lib._npyio_impl.NpzFile                           the same
torch.utils.data.datapipes.datapipe.(_DataPipeSerializationWrapper _IterDataPipeSerializationWrapper
    _MapDataPipeSerializationWrapper)   unpickles the bytes of its state
torch._utils._import_dotted_name                        imports any module and takes any name of it
torch._inductor.codecache.(DLLWrapper PyCodeCache AsyncCompile)      loads native code; compiles
transformers.integrations.integration_utils.NeptuneCallback     deletes the folder that its state names
datasets.table.MemoryMappedTable                        opens the file that its state names
datasets.builder.DatasetBuilder                         downloads
ultralytics.YOLO                                        loads a checkpoint, downloads one that is not there
ultralytics.models.yolo.model.YOLO                      the same
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
