"""What calling a name does, by exact lists: reaches outside, is inert, or is not vetted.

A name is judged by its longest listed beginning, so that `torch.hub` is told from `torch.nn`. Whatever is not listed is
not vetted, and a caller says so. Written from the documentation of CPython 3.14 and the sources of torch 2.13,
transformers 5.24, diffusers 0.42, timm 1.0, peft 0.21, sentence-transformers 6.2 and huggingface_hub 2.4.
"""

from __future__ import annotations

import builtins
import sys

from assay.facts.program import Capability
from assay.lazy import regex

_REACHES = {
    Capability.EXECUTE: (
        "exec eval compile breakpoint marshal.loads marshal.load runpy code codeop types.FunctionType "
        "types.CodeType types.LambdaType timeit cProfile profile pdb bdb trace doctest logging.config IPython "
        "numpy.testing.rundocs numpy.testing.runstring sympy.sympify sympy.parse_expr sympy.parsing pandas.eval "
        "torch.package torch.jit.load transformers.dynamic_module_utils kernels.get_kernel kernels.load_kernel"
    ),
    Capability.DYNAMIC_IMPORT: (
        "importlib.util.spec_from_file_location importlib.util.spec_from_loader importlib.util.module_from_spec "
        "importlib.machinery importlib.abc importlib.reload importlib._bootstrap importlib._bootstrap_external "
        "pkgutil.resolve_name pkgutil.find_loader pkgutil.get_loader pydoc zipimport imp site "
        "diffusers.utils.dynamic_modules_utils hydra.utils.instantiate hydra.utils.call hydra.utils.get_class"
    ),
    Capability.PROCESS: (
        "os.system os.popen os.exec* os.spawn* os.fork* os.posix_spawn* os.startfile os.kill os.killpg subprocess "
        "pty posix.system posix.fork* posix.exec* posix.posix_spawn* nt.system _posixsubprocess "
        "asyncio.create_subprocess* asyncio.subprocess multiprocessing commands popen2 pip ensurepip venv "
        "setuptools distutils webbrowser torch.multiprocessing torch.distributed.run torch.distributed.launch "
        "torch.distributed.elastic pexpect sh plumbum fabric invoke psutil.Popen platform.popen "
        "torch.utils.collect_env accelerate.launchers"
    ),
    Capability.NETWORK: (
        "socket ssl socketserver urllib.request urllib.urlopen urllib.urlretrieve urllib2 http.client http.server "
        "requests httpx aiohttp ftplib smtplib poplib imaplib nntplib urllib3 paramiko websocket websockets xmlrpc "
        "telnetlib asyncio.open_connection asyncio.start_server asyncio.open_unix_connection wget gdown boto3 "
        "botocore torch.hub torch.utils.model_zoo torch.distributed.rpc huggingface_hub transformers.utils.hub "
        "transformers.utils.cached_file transformers.cached_file transformers.pipeline diffusers.utils.hub_utils "
        "diffusers.utils.load_image nltk.download spacy.cli tiktoken.get_encoding tiktoken.encoding_for_model "
        "datasets.load_dataset evaluate.load timm.create_model timm.models.load_pretrained zmq grpc pycurl dns"
    ),
    Capability.NATIVE: (
        "ctypes _ctypes cffi torch.ops.load_library torch.utils.cpp_extension torch.classes.load_library "
        "tensorflow.load_library tensorflow.load_op_library numpy.ctypeslib numpy.f2py cppyy cupy.RawKernel "
        "cupy.RawModule"
    ),
    Capability.UNPICKLE: (
        "pickle.load pickle.loads pickle.Unpickler _pickle.load _pickle.loads _pickle.Unpickler cPickle "
        "cloudpickle.load cloudpickle.loads dill.load dill.loads joblib.load torch.load torch.serialization.load "
        "shelve yaml.load yaml.load_all yaml.unsafe_load yaml.unsafe_load_all yaml.full_load numpy.load "
        "pandas.read_pickle jsonpickle tensorflow.keras.models.load_model keras.models.load_model "
        "tensorflow.saved_model.load"
    ),
    Capability.WRITE: (
        "os.remove os.unlink os.rename os.renames os.replace os.rmdir os.removedirs os.chmod os.chown os.symlink "
        "os.link os.truncate os.open os.write os.mkfifo os.mknod os.utime shutil.rmtree shutil.move shutil.copy* "
        "shutil.make_archive shutil.unpack_archive shutil.chown torch.save torch.serialization.save numpy.save* "
        "joblib.dump pickle.dump logging.FileHandler tarfile zipfile sqlite3 dbm"
    ),
    Capability.FOLDER: "os.makedirs os.mkdir tempfile",
    Capability.ENVIRONMENT: (
        "os.environ os.environb os.getenv os.putenv os.unsetenv huggingface_hub.get_token huggingface_hub.HfFolder"
    ),
    Capability.INDIRECT: (
        "sys._getframe sys._current_frames inspect.currentframe inspect.stack inspect.getattr_static "
        "operator.attrgetter operator.methodcaller operator.call gc.get_objects gc.get_referrers gc.get_referents"
    ),
    Capability.DECODE: (
        "base64.b64decode base64.b32decode base64.b16decode base64.b85decode base64.a85decode "
        "base64.standard_b64decode base64.urlsafe_b64decode base64.decodebytes binascii.a2b* binascii.unhexlify "
        "zlib.decompress* bz2.decompress bz2.BZ2Decompressor gzip.decompress lzma.decompress lzma.LZMADecompressor "
        "codecs.decode codecs.getdecoder bytes.fromhex bytearray.fromhex cryptography.fernet.Fernet"
    ),
}  # fmt: skip
# Python's own names that work on values, or call only what they are given
_BUILTINS = """
abs aiter all any anext ascii bin bool bytearray bytes callable chr classmethod complex dict dir divmod enumerate filter
float format frozenset hasattr hash hex id int isinstance issubclass iter len list map max memoryview min next object
oct ord pow print property range repr reversed round set slice sorted staticmethod str sum super tuple type zip exit
quit help __build_class__ delattr setattr getattr vars globals locals
"""
_INERT = """
__future__ abc argparse array ast atexit.register base64 binascii bisect zlib bz2 lzma codecs builtins.print calendar
cmath collections colorsys concurrent.futures configparser contextlib contextvars copy copyreg csv dataclasses
datetime decimal difflib enum errno faulthandler.enable fnmatch fractions functools gc.collect gc.disable gc.enable
gc.freeze getpass.getuser glob graphlib hashlib heapq hmac html http.HTTPStatus importlib.import_module
importlib.metadata importlib.resources importlib.util.find_spec importlib.invalidate_caches inspect io ipaddress
itertools json keyword linecache locale logging math mimetypes multiprocessing.cpu_count
multiprocessing.current_process numbers operator os.path os.access os.cpu_count os.fspath os.getcwd os.getpid
os.listdir os.scandir os.walk os.stat os.uname os.urandom os.sched_getaffinity os.isatty os.get_terminal_size
os.register_at_fork os.PathLike os.strerror pathlib pickle.dumps platform platform.system pprint queue random re reprlib
secrets select shlex signal.signal shutil.which shutil.get_terminal_size shutil.disk_usage statistics string stringprep
struct sys.exit sys.exc_info sys.getsizeof sys.getrecursionlimit sys.setrecursionlimit sys.intern sys.stdout sys.stderr
sys.getdefaultencoding sys.getfilesystemencoding sys.path sys.float_info sys.version_info sys.byteorder sys.settrace
sys.setprofile sys.platform textwrap threading time token tokenize traceback types typing unicodedata urllib.parse
urllib.error uuid warnings weakref zoneinfo asyncio.run asyncio.Lock asyncio.Queue asyncio.Semaphore asyncio.Event
asyncio.iscoroutinefunction asyncio.coroutine

typing_extensions packaging regex tqdm einops triton numpy scipy PIL cv2 absl attr attrs jaxtyping beartype filelock
tokenizers sentencepiece flax.linen flax.struct flax.core flax.traverse_util jax optax ml_dtypes safetensors psutil
torchvision torchaudio pandas omegaconf.OmegaConf.create omegaconf.MISSING sacremoses ftfy jieba pydantic click
mistral_common num2words rich colorama yaml.safe_load yaml.dump yaml.SafeLoader jinja2 requests.exceptions
librosa.filters huggingface_hub.dataclasses huggingface_hub.utils.is_* huggingface_hub.utils.validate_hf_hub_args
huggingface_hub.utils.logging huggingface_hub.logging huggingface_hub.constants huggingface_hub.errors
huggingface_hub.PyTorchModelHubMixin huggingface_hub.ModelHubMixin huggingface_hub.interface_dict

torch.nn torch.jit torch.autograd torch.cuda torch.backends torch.library torch.distributions torch.fft torch.linalg
torch.special torch.amp torch.compiler torch._dynamo torch.fx torch.optim torch.random torch.version torch.Tensor
torch.testing torch._C._log_api_usage_once torch.onnx torch.utils.checkpoint torch.utils.data torch.utils._pytree
torch.utils._triton torch.utils.deterministic torch.overrides torch.distributed.is_* torch.distributed.get_* torch.mps
torch.distributed.tensor torch.distributed.algorithms torch.xpu torch.npu torch.masked torch.nested torch.sparse
torch.ops torch.export.register_dataclass torch.profiler torch._higher_order_ops torch.Size torch.Generator
torch.device torch.FloatTensor torch.LongTensor torch.IntTensor torch.HalfTensor torch.BoolTensor torch.ByteTensor
torch._logging torch._library torch._ops torch._decomp torch.types torch.storage torch._inductor.config
torch.ao.quantization

tensorflow.keras.layers tensorflow.keras.backend tensorflow.keras.utils.register_keras_serializable
tensorflow.keras.saving.register_keras_serializable tensorflow.keras.initializers tensorflow.keras.activations
tensorflow.function tensorflow.constant tensorflow.cast tensorflow.convert_to_tensor tensorflow.float32
tensorflow.config tensorflow.TensorSpec tensorflow.Module keras.layers keras.saving.register_keras_serializable

transformers.utils.logging transformers.logging transformers.utils.doc transformers.utils.auto_docstring
transformers.utils.deprecation transformers.utils.generic transformers.utils.backbone_utils
transformers.backbone_utils transformers.utils.import_utils.is_* transformers.utils.import_utils._LazyModule
transformers.utils.versions transformers.utils.import_utils.define_import_structure
transformers.utils.import_utils.requires transformers.utils.import_utils.requires_backends
transformers.utils.import_utils.OptionalDependencyNotAvailable transformers.utils.import_utils.DummyObject
transformers.utils.output_capturing transformers.utils.type_validators transformers.utils.is_*
transformers.utils.add_* transformers.utils.replace_return_docstrings transformers.utils.can_*
transformers.utils._LazyModule transformers.utils.requires* transformers.utils.OptionalDependencyNotAvailable
transformers.utils.define_import_structure transformers.utils.check_* transformers.utils.can_return_tuple
transformers.utils.filter_out_non_signature_kwargs transformers.utils.merge_with_config_defaults
transformers.utils.torch_* transformers.utils.ModelOutput transformers.utils.TransformersKwargs
transformers.utils.ExplicitEnum transformers.utils.copy_func transformers.utils.ContextManagers
transformers.utils.cached_property transformers.utils.no_inherit_decorator transformers.utils.PaddingStrategy
transformers.utils.TensorType transformers.file_utils.is_* transformers.file_utils.add_*
transformers.file_utils.replace_return_docstrings transformers.file_utils.ModelOutput transformers.integrations.use_*
transformers.integrations.is_* transformers.integrations.hub_kernels.use_* transformers.integrations.moe
transformers.integrations.accelerate transformers.integrations.compile_compatible_method_lru_cache
transformers.integrations.lru_cache transformers.integrations.hub_kernels.lazy_load_kernel
transformers.modeling_rope_utils transformers.modeling_layers transformers.masking_utils transformers.cache_utils
transformers.modeling_outputs transformers.activations transformers.pytorch_utils transformers.image_utils
transformers.image_transforms transformers.processing_utils transformers.tokenization_utils_base
transformers.configuration_utils transformers.tokenization_utils transformers.tokenization_python
transformers.modeling_utils transformers.modeling_attn_mask_utils transformers.modeling_flash_attention_utils
transformers.audio_utils transformers.video_utils transformers.feature_extraction_utils transformers.generation
transformers.initialization transformers.image_processing_utils transformers.image_processing_utils_fast
transformers.image_processing_base transformers.loss transformers.convert_slow_tokenizer
transformers.conversion_mapping transformers.dependency_versions_check transformers.conversion_utils
transformers.core_model_loading transformers.safetensors_conversion transformers.time_series_utils
transformers.trainer_utils transformers.pipelines.base transformers.onnx transformers.quantizers
transformers.models.auto transformers.AutoConfig.register transformers.PretrainedConfig transformers.PreTrainedConfig
transformers.modeling_tf_outputs transformers.modeling_tf_utils transformers.modeling_flax_utils transformers.tf_utils

diffusers.utils.logging diffusers.utils.is_* diffusers.utils.require* diffusers.utils.OptionalDependencyNotAvailable
importlib_metadata diffusers.utils.BaseOutput diffusers.utils.replace_example_docstring diffusers.utils.deprecat*
diffusers.utils.torch_utils diffusers.utils.accelerate_utils diffusers.utils.doc_utils diffusers.utils.import_utils
diffusers.utils.get_logger diffusers.utils._get_logger diffusers.utils._LazyModule diffusers.utils.accelerate_utils
diffusers.utils.apply_lora_scale diffusers.utils.scale_lora_layers diffusers.utils.constants diffusers.utils.outputs
diffusers.configuration_utils diffusers.image_processor diffusers.models diffusers.schedulers
diffusers.utils.maybe_adjust_dtype_for_device diffusers.utils.get_objects_from_module diffusers.utils.peft_utils
diffusers.utils.dummy* diffusers.modular_pipelines diffusers.loaders diffusers.quantizers.base diffusers.hooks
timm.models.registry timm.models._registry timm.models.register_model timm.models.generate_default_cfgs
timm.models.register_model_deprecations timm.layers timm.models._features_fx timm.models._builder
timm.models.register_notrace_module timm.models.register_notrace_function timm.data.constants peft.utils
peft.import_utils peft.tuners sentence_transformers.util
"""  # fmt: skip
_EXCEPTIONS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)
# families of names that one word cannot list
_PATTERNS = regex(
    r"torch\.(?!hub\b|load\b|save\b|package\b)[a-z_]\w*"
    r"|torch\.\w+\.is_available"
    r"|tensorflow\.(?:math|nn|random|compat\.v1\.logging|[a-z]\w*_(?:like|scan))(?:\.\w+)*"
    r"|transformers\.(?:\w+\.)*\w*(?:Config|Output|Outputs|Error|Warning)"
    r"|transformers\.(?:\w+\.)*\w+\.(?:register|register_for_auto_class|from_dict|_from_config)"
    r"|transformers\.(?:\w+\.)*(?:is|requires|add)_\w+"
    r"|(?:diffusers|peft|timm|sentence_transformers|accelerate)\.(?:\w+\.)*(?:is_\w+|get_logger|deprecated?)"
    r"|\w+(?:\.\w+)*\.(?:[A-Z]\w*(?:Error|Warning|Exception))"
)
# an attribute of an object that is not followed, by what calling it would do; only names that no value has
METHODS = {
    **dict.fromkeys(("system", "popen", "Popen", "check_output", "check_call", "getoutput", "execv", "execve", "execvp",
                     "posix_spawn", "fork_exec", "spawnl", "spawnv"), Capability.PROCESS),
    **dict.fromkeys(("write_text", "write_bytes", "unlink", "rmdir", "symlink_to", "hardlink_to", "rmtree", "chmod",
                     "lchmod", "extractall"), Capability.WRITE),
    **dict.fromkeys(("from_pretrained", "urlopen", "urlretrieve", "hf_hub_download", "snapshot_download",
                     "create_connection"), Capability.NETWORK),
    **dict.fromkeys(("load_module", "exec_module"), Capability.DYNAMIC_IMPORT),
}  # fmt: skip
# attributes through which any object leads to any other
_INTROSPECTION = """
    __subclasses__ __globals__ __builtins__ __code__ __closure__ __loader__ f_globals f_locals f_builtins f_back
    gi_frame cr_frame ag_frame tb_frame func_globals
"""
INTROSPECTION = frozenset(_INTROSPECTION.split())
# what values have: texts, bytes, lists, mappings, arrays, tensors, patterns, paths that are read, loggers
_VALUES = """
    capitalize casefold center count decode encode endswith expandtabs find format format_map index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines
    startswith strip swapcase title translate upper zfill hex append clear copy extend insert pop remove reverse sort
    fromkeys get items keys popitem setdefault update values add difference discard intersection isdisjoint issubset
    issuperset symmetric_difference union bit_length to_bytes is_integer match search fullmatch sub subn findall
    finditer
    group groups groupdict start end span debug info warning warning_once info_once warn error exception critical log
    setLevel addHandler addFilter getChild isEnabledFor joinpath exists is_file is_dir resolve absolute relative_to
    with_suffix with_name as_posix expanduser glob rglob iterdir read_text read_bytes parents read readline readlines
    close tolist item view reshape transpose permute contiguous float half double long int bool to cpu cuda numpy sum
    mean std max min dim size numel expand repeat flatten squeeze unsqueeze masked_fill fill_ zero_ normal_ uniform_
    astype dot matmul clamp sqrt rsqrt cat type detach clone eval train register register_for_auto_class is_available
    parameters named_parameters buffers modules named_modules children state_dict add_module register_buffer
    register_parameter requires_grad_ apply __class_getitem__ __init__ __init_subclass__ __new__ __set_name__ mro
    __post_init__ setter getter deleter
"""
VALUES = frozenset(_VALUES.split())
# packages that are what they are called; stems only, for imports
_PACKAGES = """
    torch torchvision torchaudio torchtext transformers tokenizers accelerate peft trl diffusers timm numpy scipy
    sentence_transformers sklearn pandas xgboost lightgbm catboost joblib ultralytics fairseq spacy nltk gensim keras
    tensorflow tensorflow_hub tensorflow_text jax jaxlib flax optax haiku lightning pytorch_lightning omegaconf hydra
    deepspeed bitsandbytes datasets evaluate sentencepiece tiktoken statsmodels megatron nemo detectron2 mmengine mmcv
    mmdet mmpretrain safetensors huggingface_hub einops einops_exts triton flash_attn xformers causal_conv1d mamba_ssm
    fla apex vllm sglang mlx mlx_lm mlx_vlm onnx onnxruntime openvino optimum auto_gptq gptqmodel awq hqq quanto torchao
    compressed_tensors PIL cv2 skimage imageio decord av librosa soundfile pydub torchcodec matplotlib seaborn plotly
    requests httpx urllib3 aiohttp yaml tqdm packaging regex typing_extensions filelock fsspec psutil pydantic attr
    attrs click rich jinja2 protobuf google h5py pyarrow polars numba cupy sympy networkx ml_dtypes jaxtyping beartype
    absl six setuptools pip dill cloudpickle jieba sacremoses ftfy fugashi rjieba pythainlp nltk emoji unidecode
    phonemizer uroman g2p_en num2words mistral_common kernels open_clip clip qwen_vl_utils rotary_embedding_torch
    natten sacrebleu rouge_score faiss annoy wandb tensorboard mlflow ray dask pytest hypothesis bs4 lxml pytesseract
    shapely pycocotools torchmetrics torch_geometric torch_scatter rdkit Bio esm openai tabulate termcolor colorama
    pycountry pretty_midi essentia resampy audioread kaldifold kaldi_native_fbank pyctcdecode torchdiffeq torchsde
    Levenshtein dateutil pytz pkg_resources msgpack zstandard blobfile iopath fvcore vector_quantize_pytorch ninja
    lpips kornia
"""
_KNOWN = frozenset(_PACKAGES.split())
# standard modules that act when they are imported
_ACTING = frozenset({"antigravity", "this", "idlelib", "turtledemo", "test", "__main__"})
Judged = Capability | bool  # True: inert


def _tables() -> tuple[dict[str, Judged], tuple[tuple[str, Judged], ...]]:
    inert = [*_BUILTINS.split(), *_INERT.split()]
    exact: dict[str, Judged] = dict.fromkeys((name for name in inert if not name.endswith("*")), True)
    begins: dict[str, Judged] = {name[:-1]: True for name in _INERT.split() if name.endswith("*")}
    for capability, names in _REACHES.items():
        for name in names.split():
            stem, star, _ = name.partition("*")
            (begins if star else exact)[stem] = capability
    return exact, tuple(sorted(begins.items(), key=lambda row: -len(row[0])))


_EXACT, _BEGINS = _tables()


def judged(qualified: str) -> Judged | None:
    """What calling this name does: a capability, True if it is inert, None if it was never vetted."""
    name = qualified.removeprefix("builtins.")
    stem = name
    while stem:
        listed = _EXACT.get(stem)
        begun = next(((begin, what) for begin, what in _BEGINS if stem.startswith(begin) and "." not in
                      stem[len(begin):]), None)  # fmt: skip
        if listed is not None:
            return listed
        if begun is not None:
            return begun[1]
        stem = stem.rpartition(".")[0]
    return True if _PATTERNS.fullmatch(name) or name in _EXCEPTIONS else None


def listed(qualified: str) -> bool:
    """Whether this very name is on a list, and not what it belongs to."""
    return qualified.removeprefix("builtins.") in _EXACT


def callable_name(qualified: str) -> Capability | None:
    """What a function that is only named, not called, would do; None for modules, classes and inert names."""
    name = qualified.removeprefix("builtins.")
    last = name.rpartition(".")[2]
    if not (last.islower() or last in ("Popen", "FunctionType", "Unpickler")):
        return None
    what = judged(name)
    if isinstance(what, bool) or what is None or what in (Capability.ENVIRONMENT, Capability.FOLDER):
        return None
    return what if name in ("exec", "eval", "compile") or "." in name else None


def known_package(module: str) -> bool:
    """Whether importing it runs nothing but a package that assay knows, or Python's own library."""
    root = module.partition(".")[0]
    return root in _KNOWN or (root in sys.stdlib_module_names and root not in _ACTING)


def standard(qualified: str) -> bool:
    """Whether the name is in Python's own library."""
    return qualified.partition(".")[0] in sys.stdlib_module_names
