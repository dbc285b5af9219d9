"""Callables that a hostile pickle calls: some 200 of the standard library and of packages that models bring along.

Each was reported in an advisory or an issue of picklescan, modelscan, fickling or modelaudit, or is of that kind.
"""

from __future__ import annotations

from collections.abc import Iterator

GADGETS = """
os system|os popen|os execv|os spawnv|os remove|os.path realpath|posix system|posix popen|nt system|subprocess Popen
subprocess call|subprocess run|subprocess check_output|subprocess getoutput

builtins eval|builtins exec|builtins compile|builtins open|builtins __import__|builtins getattr|builtins globals
builtins breakpoint|builtins input|builtins setattr|builtins vars|builtins map|builtins filter|__builtin__ eval
__builtin__ execfile|__builtin__ apply|__builtin__ file

importlib import_module|importlib reload|importlib.util spec_from_file_location|runpy run_path|runpy run_module
runpy _run_code|pkgutil resolve_name|pkgutil get_loader|zipimport zipimporter|imp load_source

pickle loads|pickle load|_pickle loads|cPickle loads|marshal loads|marshal load|shelve open|dill loads|cloudpickle loads
joblib load|torch load|torch.hub load|torch.jit load|torch.package PackageImporter|numpy load|numpy fromfile
numpy memmap|pandas read_pickle|pandas.io.pickle read_pickle|yaml unsafe_load|yaml load|jsonpickle decode

socket socket|socket create_connection|urllib.request urlopen|urllib.request urlretrieve|http.client HTTPConnection
requests get|requests.api post|ftplib FTP|smtplib SMTP|imaplib IMAP4|telnetlib Telnet|xmlrpc.client ServerProxy
webbrowser open|asyncio run|aiohttp.client ClientSession

pip main|pip._internal main|pip._internal.cli.main main|venv create|ensurepip _run_pip|distutils.file_util write_file
setuptools.sandbox run_setup|pydoc pipepager|pydoc locate|pdb run|bdb Bdb.run|cProfile run|cProfile runctx|profile run
profile Profile.run|timeit timeit|timeit Timer|trace Trace.run|doctest debug_script|code InteractiveInterpreter.runcode
codeop compile_command|idlelib.run Executive.runcode|lib2to3.pgen2.pgen ParserGenerator.make_label
_pyrepl.pager pipe_pager|uuid _get_command_stdout|_osx_support _read_output|_aix_support _read_cmd_output
test.support.script_helper assert_python_ok|multiprocessing.util spawnv_passfds|_posixsubprocess fork_exec|pty spawn
commands getoutput|platform popen|ctypes CDLL|ctypes cdll.LoadLibrary|_ctypes dlopen|cffi FFI|signal signal
signal raise_signal|threading Thread|multiprocessing Process|concurrent.futures ThreadPoolExecutor|sched scheduler
atexit register|sys settrace|sys exit|sys modules|types FunctionType|types CodeType|operator attrgetter
operator methodcaller|operator itemgetter|functools reduce|functools partialmethod|itertools starmap|inspect getsource
gc get_objects|linecache getline|fileinput input|tempfile mkstemp|shutil rmtree|shutil copyfile|pathlib Path.write_text
io open|io FileIO|_io open|codecs open|logging.config listen|logging FileHandler|logging.handlers SocketHandler
sqlite3 connect|dbm open|mailcap findmatch|nturl2path url2pathname|bz2 BZ2File|gzip open|zipfile ZipFile|tarfile open
tkinter Tk

torch.serialization load|torch._utils _import_dotted_name|torch._inductor.codecache AsyncCompile.subprocess
torch._dynamo.guards GuardBuilder.get|torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression
torch.utils.bottleneck.__main__ run_cprofile|torch.utils.collect_env run
torch.utils._config_module ConfigModule.load_config|torch.utils.data.datapipes.utils.decoder basichandlers
torch.testing._internal.common_utils run_tests|torch.distributed.rpc rpc_sync|torch.utils.cpp_extension load_inline
torch.jit.unsupported_tensor_ops execWrapper|numpy.testing._private.utils runstring|numpy.testing rundocs
numpy.f2py.crackfortran getlincoef|numpy.f2py.crackfortran _eval_length|numpy f2py|numpy.lib.npyio load|numpy DataSource
scipy.io loadmat|sklearn.utils._testing assert_run_python_script_without_output|sklearn.datasets fetch_file
joblib.parallel Parallel|pandas eval|pandas.core.computation.eval eval|tensorflow.io read_file
tensorflow.python.ops.script_ops py_func|keras.models load_model|keras.utils get_file|transformers pipeline
transformers.utils.hub cached_file|transformers.dynamic_module_utils get_class_from_dynamic_module
transformers.models.auto AutoModel.from_pretrained|datasets load_dataset|nltk download|spacy load|gensim.utils unpickle
lightning.pytorch.trainer Trainer.fit|ultralytics YOLO|omegaconf OmegaConf.load|hydra.utils instantiate
mlflow.pyfunc load_model|bpython.curtsies main|IPython get_ipython|django.core.management call_command
flask.cli run_command|paramiko SSHClient|psutil Popen|sh bash|fabric Connection|invoke run|plumbum local|pexpect spawn
ptyprocess PtyProcess.spawn|docker from_env|git Repo|cloudpickle.cloudpickle subimport|dill._dill _import_module
numba.core.serialize _unpickle__CustomPickled|ray.cloudpickle loads|some_package_nobody_knows Thing
"""


def gadgets() -> Iterator[tuple[str, str]]:
    """Every (module, name)."""
    for line in GADGETS.split("\n"):
        for entry in filter(None, line.split("|")):
            module, _, name = entry.partition(" ")
            yield module, name
