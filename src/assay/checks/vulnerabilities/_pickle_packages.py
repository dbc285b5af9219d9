"""Whose names a pickle may hold: libraries of the field, Python's own modules, packages that are there to act.

What is promised about a library, and what is not: for its classes, that making an instance without its constructor
(NEWOBJ, `copyreg._reconstructor`, a constructor without arguments) and handing it a state runs that library's own
`__new__` and `__setstate__`, which need a person's yes; the ones of them that were seen to act on what the state says
are gadgets in `_pickle_list`, or lie in one of the modules below that were not read. Of functions nothing is promised
by the package: what is called must be on a list, by name.

The search for such classes: in the syntax tree of every module of the versions named in `_pickle_list` what each
class's own `__setstate__` and `__del__` call. It did not go on into what those call, nor into `__new__` and `__hash__`.
"""

from __future__ import annotations

# a line may be added here once that search was made for the library
_LIBRARIES = """
torch torchvision torchaudio transformers tokenizers accelerate peft trl diffusers sentence_transformers setfit
sklearn numpy scipy pandas xgboost lightgbm catboost joblib ultralytics timm fairseq spacy thinc nltk gensim keras
tensorflow jax jaxlib flax optax lightning pytorch_lightning lightning_fabric lightning_utilities torchmetrics omegaconf
deepspeed bitsandbytes datasets sentencepiece tiktoken imblearn statsmodels patsy formulaic hydra megatron nemo
detectron2 mmengine fastai fastcore fasttransform fastprogress lifelines hdbscan hmmlearn umap pynndescent
category_encoders feature_engine mlxtend pyarrow srsly skops torch_geometric pytorch3d e3nn pyannote
"""
LIBRARIES = frozenset(_LIBRARIES.split())

# parts of these libraries that were not read, compile, start processes or rebuild functions: their classes stay open
UNREAD = (
    *("torch._inductor", "torch._dynamo", "torch._export", "torch._functorch", "torch._C", "torch.export", "torch.fx"),
    *("torch.package", "torch.testing", "torch.onnx", "torch.jit", "torch.multiprocessing", "torch.profiler"),
    *("torch.utils.cpp_extension", "torch.utils.data.datapipes", "torch.utils.tensorboard", "torch._native"),
    *("torch._higher_order_ops", "torch._vendor", "torch.cuda.gds", "torch.distributed.rpc"),
    *("torch.distributed.elastic", "torch.distributed.launcher", "torch.distributed.run", "torch.hub"),
    *("numpy.f2py", "numpy.testing", "numpy.distutils", "numpy.ctypeslib", "scipy.io", "scipy.weave"),
    *("sklearn.datasets", "sklearn.utils._testing", "sklearn.externals", "sklearn.callback", "joblib.externals"),
    *("joblib.pool", "joblib.parallel", "joblib._parallel_backends", "joblib.memory", "joblib._store_backends"),
    *("pandas.io", "pandas.core.computation", "pyarrow.fs", "pyarrow.flight", "pyarrow._fs", "pyarrow.compute"),
    *("transformers.integrations", "transformers.tools", "transformers.agents", "transformers.cli"),
    *("transformers.commands", "transformers.dynamic_module_utils", "accelerate.commands", "datasets.table"),
    *("datasets.builder", "datasets.load", "datasets.arrow_dataset", "gensim.scripts", "gensim.downloader"),
    *("nltk.app", "nltk.downloader", "nltk.internals", "nltk.parse.malt", "nltk.tag.hunpos", "nltk.tag.stanford"),
    *("spacy.cli", "statsmodels.datasets", "statsmodels.tools.web", "tensorflow.python.lib", "tensorflow.io"),
    *("hydra._internal", "deepspeed.launcher", "deepspeed.ops", "fastcore.net", "fastcore.script", "fastcore.parallel"),
    *("fastai.callback.tensorboard", "fastai.callback.wandb", "pytorch_lightning.loggers", "lightning.pytorch.loggers"),
    *("pytorch_lightning.profilers", "lightning.pytorch.profilers", "mmengine.fileio", "detectron2.engine"),
)  # fmt: skip

# packages made to start processes, connect, install, or load what they are told: nothing of theirs belongs in a model
_ACTING = """
pip setuptools pkg_resources _distutils_hack virtualenv IPython ipykernel bpython ptpython paramiko psutil
fabric invoke plumbum pexpect ptyprocess sh docker git dulwich requests aiohttp httpx urllib3 httplib2 twisted
tornado flask django celery cffi boto3 botocore yaml jsonpickle mlflow ray dask distributed pyspark selenium
playwright websocket websockets pywin32 win32api win32com pythoncom pymysql psycopg2 sqlalchemy pymongo redis
fsspec s3fs gcsfs smbclient gevent eventlet scapy pynput pyautogui watchdog huggingface_hub
"""
ACTING = frozenset(_ACTING.split())

# Python's own modules: sys.stdlib_module_names of 3.11, the names of Python 2, those of 3.12 to 3.14, and what ships
# with the interpreter beside the library
_STANDARD = """
BaseHTTPServer Bastille CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser Queue SimpleHTTPServer
SimpleXMLRPCServer SocketServer StringIO Tkinter UserDict UserList UserString __builtin__ __future__ _abc
_aix_support _android_support _apple_support _ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess _bz2
_codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc
_colorize _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm
_decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac _imp
_interpchannels _interpqueues _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi
_multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem
_posixsubprocess _py_abc _pydecimal _pyio _queue _random _remote_debugging _scproxy _sha1 _sha256 _sha3 _sha512
_signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _suggestions
_symtable _sysconfig _thread _threading_local _tkinter _tokenize _tracemalloc _types _typing _uuid _warnings
_weakref _weakrefset _winapi _zoneinfo _zstd abc aifc annotationlib antigravity anydbm argparse array ast
asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2 cPickle cProfile
cStringIO calendar ce cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands compileall
concurrent configparser contextlib contextvars cookielib copy copy_reg copyreg crypt csv ctypes curses
dataclasses datetime dbhash dbm decimal difflib dis distutils doctest dumbdbm dummy_thread dummy_threading email
encodings ensurepip enum errno exceptions faulthandler fcntl filecmp fileinput fnmatch fpectl fractions ftplib
functools future_builtins gc gdbm genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac
hotshot html htmlentitydefs htmllib http httplib idlelib imaplib imghdr imp importlib inspect io ipaddress
itertools json keyword lib2to3 linecache locale logging lzma macpath macurl2path mailbox mailcap marshal math
mimetools mimetypes mimify mmap modulefinder msilib msvcrt multifile multiprocessing netrc nis nntplib nt ntpath
nturl2path numbers opcode operator optparse os os2 ossaudiodev pathlib pdb pickle pickletools pipes pkgutil
platform plistlib popen2 poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data
pyexpat queue quopri random re readline reprlib resource rexec rfc822 riscos rlcompleter robotparser runpy sched
secrets select selectors sgmllib shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd
sqlite3 sre_compile sre_constants sre_parse ssl stat statistics statvfs string stringprep struct subprocess
sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap thread threading time
timeit tkFileDialog tkMessageBox tkinter token tokenize tomllib trace traceback tracemalloc tty turtle
turtledemo types typing unicodedata unittest urllib urllib2 urlparse uu uuid venv warnings wave weakref
webbrowser whichdb winreg winsound wsgiref xdrlib xml xmlrpc xmlrpclib zipapp zipfile zipimport zlib zoneinfo
"""
STANDARD = frozenset(_STANDARD.split())
