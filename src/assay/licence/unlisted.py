"""Licences that models are published under and that are not on the SPDX list, and names in use that are no SPDX title.

The id of a licence is SPDX's where the list has it; else ScanCode's, where that is the licence's only text; else
`LicenseRef-` and the name in use. A name that leaves the version open stands for the texts in `texts`. Sources: the
hub's licence tags (huggingface/hub-docs, repositories-licenses.md, 2026-08-22); `license_name` and `license_link` in
public model cards; ScanCode 32.5.0. Names are compared as `assay.licence.spelling.key` writes them, so that one
spelling of each is enough.
"""

from __future__ import annotations

from assay.lazy import dataclass
from assay.licence._titled import MARKS, NAMES, TEXTS

_SCANCODE = "LicenseRef-scancode-"


@dataclass(frozen=True, slots=True)
class Unlisted:
    """One licence: its id, its names, the addresses of its text, and the texts that a name without version may mean.

    `marks` are the names by which the first page of a text is known to be that licence, in lower case, letters and
    digits only: of licences whose text assay does not have.
    """

    id: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


_ROWS = (
    Unlisted(
        f"{_SCANCODE}llama-2-license-2023",
        ("llama2", "Llama 2 Community License Agreement", "Meta Llama 2 Community License", "Llama 2 License"),
        (
            "ai.meta.com/llama/license",
            "llama.meta.com/llama2/license",
            "llama.com/llama2/license",
            "huggingface.co/meta-llama/llama-2-7b-chat-hf/blob/main/license",
        ),
    ),
    Unlisted(
        "LicenseRef-llama3",
        ("llama3", "Llama 3 Community License Agreement", "Meta Llama 3 Community License", "Meta Llama 3 License"),
        (
            "llama.meta.com/llama3/license",
            "llama.com/llama3/license",
            "huggingface.co/meta-llama/meta-llama-3-8b/blob/main/license",
            "huggingface.co/meta-llama/meta-llama-3-8b-instruct/blob/main/license",
        ),
        marks=("meta llama 3 community license agreement",),
    ),
    Unlisted(
        f"{_SCANCODE}llama-3.1-license-2024",
        ("llama3_1", "llama3.1", "Llama 3.1 Community License Agreement", "Meta Llama 3.1 Community License"),
        (
            "llama.meta.com/llama3_1/license",
            "llama.com/llama3_1/license",
            "github.com/meta-llama/llama-models/blob/main/models/llama3_1/license",
            "huggingface.co/meta-llama/meta-llama-3.1-70b-instruct/blob/main/license",
        ),
    ),
    Unlisted(
        f"{_SCANCODE}llama-3.2-license-2024",
        ("llama3_2", "llama3.2", "Llama 3.2 Community License Agreement", "Meta Llama 3.2 Community License"),
        (
            "llama.com/llama3_2/license",
            "github.com/meta-llama/llama-models/blob/main/models/llama3_2/license",
            "huggingface.co/meta-llama/llama-3.2-1b/blob/main/license",
        ),
    ),
    Unlisted(
        f"{_SCANCODE}llama-3.3-license-2024",
        ("llama3_3", "llama3.3", "Llama 3.3 Community License Agreement", "Meta Llama 3.3 Community License"),
        (
            "llama.com/llama3_3/license",
            "github.com/meta-llama/llama-models/blob/main/models/llama3_3/license",
            "huggingface.co/meta-llama/llama-3.3-70b-instruct/blob/main/license",
        ),
    ),
    Unlisted(
        f"{_SCANCODE}llama-4-cla-2025",
        ("llama4", "Llama 4 Community License Agreement", "Meta Llama 4 Community License"),
        (
            "llama.com/llama4/license",
            "github.com/meta-llama/llama-models/blob/main/models/llama4/license",
            "huggingface.co/meta-llama/llama-4-scout-17b-16e-instruct/blob/main/license",
        ),
    ),
    Unlisted(f"{_SCANCODE}llama-4-license-2025", ("Llama 4 Acceptable Use Policy",), ("llama.com/llama4/use-policy",)),
    Unlisted(f"{_SCANCODE}llama-license-2023", ("LLaMA License Agreement", "llama-license", "LLaMA License")),
    Unlisted(
        "LicenseRef-gemma",
        ("gemma", "Gemma Terms of Use", "Gemma License"),
        ("ai.google.dev/gemma/terms",),
        texts=(f"{_SCANCODE}gemma-tou-2024-04-01", f"{_SCANCODE}gemma-tou-2025-03-24"),
    ),
    Unlisted(f"{_SCANCODE}gemma-tou-2024-04-01"),
    Unlisted(f"{_SCANCODE}gemma-tou-2025-03-24"),
    Unlisted(f"{_SCANCODE}gemma-pup-2024-02-21", (), ("ai.google.dev/gemma/prohibited_use_policy",)),
    Unlisted(
        f"{_SCANCODE}bigscience-open-rail-m",
        ("bigscience-openrail-m", "BigScience Open RAIL-M License"),
        ("bigscience.huggingface.co/blog/bigscience-openrail-m",),
        marks=("bigscience open rail m license",),
    ),
    Unlisted(
        f"{_SCANCODE}stable-diffusion-2022-08-22",
        ("creativeml-openrail-m", "creativeml-open-rail-m", "stable-diffusion-license", "CreativeML Open RAIL-M"),
        ("huggingface.co/spaces/compvis/stable-diffusion-license",),
        marks=("creativeml open rail m", "creativeml openrail m"),
    ),
    Unlisted(
        f"{_SCANCODE}bigscience-open-rail-m2",
        ("openrail++", "Open RAIL++-M", "OpenRAIL++-M", "CreativeML Open RAIL++-M", "CreativeML OpenRAIL++-M"),
        ("huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/license",),
        marks=("creativeml open rail ++ m", "creativeml openrail ++ m"),
    ),
    Unlisted(
        f"{_SCANCODE}bigscience-rail-1.0",
        ("bigscience-bloom-rail-1.0", "bigscience-bloom-rail", "bloom-rail-1.0", "BigScience RAIL License v1.0"),
        ("huggingface.co/spaces/bigscience/license",),
    ),
    Unlisted(
        f"{_SCANCODE}bigcode-open-rail-m-v1",
        ("bigcode-openrail-m", "bigcode-openrail-m-v1", "BigCode Open RAIL-M", "BigCode Open RAIL-M v1"),
        ("huggingface.co/spaces/bigcode/bigcode-model-license-agreement",),
    ),
    Unlisted("LicenseRef-openrail-m"),
    Unlisted("LicenseRef-modified-mit", texts=(f"{_SCANCODE}moonshot-ai-modified-mit-2025",)),
    Unlisted(f"{_SCANCODE}responsible-ai-source-1.0"),
    Unlisted(f"{_SCANCODE}responsible-ai-source-1.1"),
    Unlisted(
        f"{_SCANCODE}tongyi-qianwen-2023",
        ("tongyi-qianwen", "tongyi-qwen", "Tongyi Qianwen License Agreement"),
        (
            "github.com/qwenlm/qwen/blob/main/tongyi qianwen license agreement",
            "huggingface.co/qwen/qwen1.5-72b-chat/blob/main/license",
            "huggingface.co/qwen/qwen2-72b-instruct/blob/main/license",
        ),
    ),
    Unlisted(
        "LicenseRef-tongyi-qianwen-research",
        ("tongyi-qianwen-research", "Tongyi Qianwen Research License Agreement"),
        ("github.com/qwenlm/qwen/blob/main/tongyi qianwen research license agreement",),
        marks=("tongyi qianwen research license agreement",),
    ),
    Unlisted(
        f"{_SCANCODE}qwen-2024",
        ("qwen", "Qwen License Agreement"),
        (
            "huggingface.co/qwen/qwen2.5-72b/blob/main/license",
            "huggingface.co/qwen/qwen2.5-72b-instruct/blob/main/license",
        ),
    ),
    Unlisted(
        "LicenseRef-qwen-research",
        ("qwen-research", "Qwen Research License Agreement"),
        (
            "huggingface.co/qwen/qwen2.5-3b/blob/main/license",
            "huggingface.co/qwen/qwen2.5-3b-instruct/blob/main/license",
        ),
        marks=("qwen research license agreement",),
    ),
    Unlisted(
        f"{_SCANCODE}deepseek-la-1.0",
        ("deepseek", "DeepSeek License Agreement", "DeepSeek License Agreement Version 1.0", "DeepSeek Model License"),
    ),
    Unlisted(f"{_SCANCODE}moonshot-ai-modified-mit-2025", ("moonshot-ai-modified-mit",)),
    Unlisted(
        "LicenseRef-nvidia-open-model",
        ("nvidia-open-model-license", "NVIDIA Open Model License Agreement"),
        ("nvidia.com/en-us/agreements/enterprise-software/nvidia-open-model-license",),
        texts=(f"{_SCANCODE}nvidia-open-model-2025-04-28",),
    ),
    Unlisted(f"{_SCANCODE}nvidia-open-model-2025-04-28"),
    Unlisted(
        f"{_SCANCODE}stability-ai-community-2024",
        ("stabilityai-ai-community", "stability-ai-community", "Stability AI Community License Agreement"),
        ("stability.ai/community-license-agreement",),
    ),
    Unlisted(
        f"{_SCANCODE}stability-ai-nc-2023-12-06",
        (
            "Stability AI Non-Commercial Research Community License Agreement",
            "stability-ai-nc-research-community",
            "sai-nc-community",
            "stabilityai-nc-research-community",
        ),
    ),
    Unlisted(
        "LicenseRef-falcon-llm-license",
        ("falcon-llm-license", "Falcon LLM License", "TII Falcon LLM License"),
        marks=("falcon llm license",),
    ),
    Unlisted(
        "LicenseRef-falcon-180b",
        ("falcon-180b", "falcon-180b-license", "Falcon-180B TII License"),
        marks=("falcon 180b tii license",),
    ),
    Unlisted(f"{_SCANCODE}falcon-2-11b-1.0", ("Falcon 2 11B TII License Version 1.0",)),
    Unlisted("LicenseRef-exaone", ("exaone",), texts=(f"{_SCANCODE}exaone-ai-model-1.1-nc",)),
    Unlisted(f"{_SCANCODE}exaone-ai-model-1.1-nc", ("EXAONE AI Model License Agreement 1.1 - NC",)),
    Unlisted(f"{_SCANCODE}fair-ai-public-1.0-sd", ("fair-ai-public-license-1.0-sd", "faipl-1.0-sd", "faipl-sd")),
    Unlisted(
        "LicenseRef-tencent-hunyuan",
        (
            "tencent-hunyuan-a13b",
            "tencent-hunyuan",
            "tencent-hunyuan-community",
            "Tencent Hunyuan Community License Agreement",
        ),
        texts=(f"{_SCANCODE}tencent-hunyuan-3d-2.0-cla",),
    ),
    Unlisted(f"{_SCANCODE}tencent-hunyuan-3d-2.0-cla"),
    Unlisted(
        "LicenseRef-flux-1-dev-non-commercial",
        ("flux-1-dev-non-commercial-license", "FLUX.1 [dev] Non-Commercial License"),
        ("huggingface.co/black-forest-labs/flux.1-dev/blob/main/license",),
        texts=(f"{_SCANCODE}flux-1-nc",),
    ),
    Unlisted(f"{_SCANCODE}flux-1-nc"),
    Unlisted(
        "LicenseRef-apple-amlr",
        ("apple-amlr", "Apple Model License for Research", "Apple Machine Learning Research Model License Agreement"),
        marks=("this apple machine learning research model is",),
    ),
    Unlisted(
        "LicenseRef-apple-ascl",
        ("apple-ascl", "Apple Sample Code License"),
        ("developer.apple.com/support/downloads/terms/apple-sample-code/apple-sample-code-license.pdf",),
        texts=(f"{_SCANCODE}apple-ml-ferret-2023", f"{_SCANCODE}apple-excl"),
        marks=("this apple software is supplied to you by apple",),
    ),
    Unlisted(f"{_SCANCODE}apple-ml-ferret-2023"),
    Unlisted("LicenseRef-h-research", ("h-research", "H Research License"), marks=("h research license",)),
    Unlisted("LicenseRef-intel-research", ("intel-research", "Intel Research Use License Agreement")),
    Unlisted(
        "LicenseRef-fair-noncommercial-research",
        ("fair-noncommercial-research-license", "FAIR Noncommercial Research License"),
        ("huggingface.co/facebook/fair-noncommercial-research-license/blob/main/license",),
        marks=("fair noncommercial research license",),
    ),
    Unlisted(
        "LicenseRef-deepfloyd-if-license",
        ("deepfloyd-if-license", "DeepFloyd IF Research License Agreement", "DeepFloyd IF License Agreement"),
        ("huggingface.co/spaces/deepfloyd/deepfloyd-if-license",),
        marks=("deepfloyd if license agreement",),
    ),
    Unlisted(
        "LicenseRef-grok2-community",
        ("grok2-community", "Grok 2 Community License Agreement"),
        ("huggingface.co/xai-org/grok-2/blob/main/license",),
        marks=("grok 2 community license agreement",),
    ),
    Unlisted(
        "LicenseRef-mistral-ai-research",
        ("mrl", "mistral-ai-research", "Mistral AI Research License", "Mistral Research License"),
        ("mistral.ai/licenses/mrl-0.1",),
        marks=("mistral ai research license",),
    ),
    Unlisted(
        "LicenseRef-mnpl",
        ("mnpl", "Mistral AI Non-Production License", "Mistral Non-Production License"),
        ("mistral.ai/licenses/mnpl-0.1",),
        marks=("mistral ai non production license",),
    ),
    Unlisted(
        "LicenseRef-yi-license",
        ("yi-license", "Yi Series Models License Agreement"),
        marks=("yi series models license agreement",),
    ),
    Unlisted(f"{_SCANCODE}open-aleph-1.0", ("open-aleph", "Open Aleph License")),
    Unlisted(
        "LicenseRef-OpenMDW-1.1",
        ("openmdw-1.1", "Open Model, Data & Weights License Agreement v1.1"),
        ("openmdw.ai/license/1-1",),
    ),
    Unlisted(f"{_SCANCODE}chameleon-research-2024", ("Chameleon Research License", "chameleon")),
    Unlisted(f"{_SCANCODE}playground-v2-community", ("Playground v2 Community License", "playground-v2-community")),
    Unlisted(
        f"{_SCANCODE}bilibili-model-ula-2025-09-09",
        ("bilibili Model Use License Agreement", "bilibili-model-license", "IndexTTS License"),
        marks=("bilibili model use license agreement",),
    ),
    Unlisted(f"{_SCANCODE}commons-clause", ("Commons Clause",)),
    Unlisted(f"{_SCANCODE}polyform-strict-1.0.0", ("PolyForm Strict License 1.0.0",)),
    Unlisted(f"{_SCANCODE}public-domain", ("public domain",)),
)
UNLISTED = (
    *_ROWS,
    *(Unlisted(_SCANCODE + key) for key in TEXTS),
    *(Unlisted(f"LicenseRef-{id}", names, marks=MARKS.get(id, ())) for id, names in NAMES.items()),
)

# names in use for licences of the list that are neither id nor title; licences with one version need no number
OTHER_NAMES = {
    "Apache-2.0": ("Apache Software License 2.0", "Apache Public License 2.0", "ASL 2.0", "Apache 2.0, January 2004"),
    "MIT": ("Expat", "MIT Expat"),
    "BSD-2-Clause": ("BSD-2", "2-Clause BSD", "Simplified BSD", "BSD Simplified"),
    "BSD-3-Clause": ("BSD-3", "3-Clause BSD", "New BSD", "BSD New", "Modified BSD", "Revised BSD"),
    "BSD-3-Clause-Clear": ("Clear BSD", "BSD Clear"),
    "BSD-4-Clause": ("BSD-4", "4-Clause BSD"),
    "0BSD": ("Zero-Clause BSD", "0-Clause BSD", "BSD-0-Clause"),
    "BSL-1.0": ("Boost", "Boost Software License"),
    "C-UDA-1.0": ("c-uda", "Computational Use of Data Agreement"),
    "CC0-1.0": ("Creative Commons Zero", "CC Zero", "Creative Commons CC0"),
    "etalab-2.0": ("Licence Ouverte 2.0", "Licence Ouverte / Open Licence 2.0"),
    "GFDL-1.1-or-later": ("gfdl", "GNU FDL", "GNU Free Documentation License"),
    "GPL-1.0-or-later": ("gpl", "GNU GPL", "GNU General Public License"),
    "LGPL-2.0-or-later": ("lgpl", "GNU LGPL", "GNU Lesser General Public License"),
    "LGPLLR": ("lgpl-lr",),
    "MPL-2.0": ("Mozilla 2.0",),
    "NCSA": ("NCSA",),
    "ODC-By-1.0": ("odc-by", "Open Data Commons Attribution License"),
    "ODbL-1.0": (
        "odbl",
        "Open Database License",
        "Open Database License 1.0",
        "Open Data Commons Open Database License",
    ),
    "OFL-1.1": ("SIL OFL 1.1",),
    "OpenMDW-1.0": ("Open Model, Data & Weights License Agreement v1.0", f"{_SCANCODE}openmdw-1.0"),
    "PDDL-1.0": (
        "pddl",
        "ODC-PDDL-1.0",
        "Open Data Commons Public Domain Dedication and License",
        "Public Domain Dedication and License",
    ),
    "PostgreSQL": ("Postgres",),
    "WTFPL": ("WTFPL", "Do What The Fuck You Want To Public License"),
}

# of these any version may be chosen where none is named: so they say themselves (GPL-3.0, section 14; GFDL-1.3, 10)
VERSIONS = {
    "GFDL-1.1-or-later": ("GFDL-1.1-only", "GFDL-1.2-only", "GFDL-1.3-only"),
    "GPL-1.0-or-later": ("GPL-1.0-only", "GPL-2.0-only", "GPL-3.0-only"),
    "LGPL-2.0-or-later": ("LGPL-2.0-only", "LGPL-2.1-only", "LGPL-3.0-only"),
}
