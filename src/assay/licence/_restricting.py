"""How passages of legal texts read that withhold uses: patterns of words for each restriction.

A thing may stand before the words that forbid it or after them. The patterns were corrected on the sentences of
`benchmarks/clauses.tsv` and on the first two sets of `benchmarks/wordings.tsv`.
"""

from __future__ import annotations

from assay.facts.licence import Restriction
from assay.licence._wording import ASKS, LIABILITY, MUST, NOT, PLACES, REFUSED, Rule, any_of, refused

RULES = (
    Rule(
        Restriction.NON_COMMERCIAL,
        any_of(
            r"\bnon ?commercial(?:ly)?\b",
            rf"\b{NOT}.{{0,260}}\bcommerciali?[sz]?\w*",
            rf"\b{NOT}.{{0,60}}\b(?:sell|sold|resell|monetiz\w+|monetis\w+|for profit|for a fee|business purposes?)\b",
            r"\bcommercial\w*\b.{0,260}\b(?:prohibited|forbidden|excluded|(?:not|only) (?:be )?"
            r"(?:permitted|allowed|granted|authori[sz]ed|licen[cs]ed|included|possible)|requires?|require|must"
            r"|shall|needs?"
            r"|separate (?:commercial )?licen[cs]e|contact)\b",
            r"\b(?:revenue|profit) generating\b.{0,60}\b(?:not|no|prohibited|forbidden)\b",
            rf"\bcommercial(?:ly)?\b.{{0,80}}{REFUSED}",
            rf"\b(?:selling|reselling|sale of|moneti[sz]\w+|for profit (?:entit|compan|organi|use)\w*|paid (?:products?"
            rf"|services?)|in the course of trade)\b.{{0,100}}{REFUSED}",
            rf"\b{NOT}.{{0,80}}\b(?:(?:earn|make) (?:any )?money|revenue is|offered for sale|for sale"
            rf"|business (?:activit"
            r"|operations|use)\w*|in a product)\b",
            r"\b(?:businesses|compan(?:y|ies)|enterprises|for profit \w+)\b.{0,30}\b(?:must|have to|has to|need to"
            r"|shall"
            r"|are required to)\b.{0,60}\b(?:licen[cs]e|permission|agreement|consent)\b",
            r"\bnot for profit (?:setting|purposes?|use|basis|only)\b|\bsolely\b.{0,40}\bnot for profit\b",
            r"\bnot a permitted purpose\b|\bno revenue\b",
            r"\bcommercial (?:licen[cs]es?|rights?)\b.{0,40}\b(?:available|sold|separately|on request|obtained?"
            r"|purchased?)\b",
            r"\bcontributes? to your revenue\b",
            refused(r"\b(?:profit making|paid (?:consulting|work|services?|products?)|industrial (?:use|purposes?))\b"),
            rf"\b{NOT}.{{0,40}}\bcharge (?:others|anyone|users|customers|third parties|a fee for (?:the )?use)\b",
            rf"\bcommercial users?\b.{{0,40}}{MUST}",
        ),
        any_of(
            r"\bcommercial (?:or|and|and/or) (?:for )?non ?commercial|\bnon ?commercial,? (?:or|and|and/or"
            r"|as well as) (?:for )?commercial",
            r"\bincluding (?:for )?commercial\b",
            r"\bcommercial (?:item|computer|software documentation|product)s?\b.{0,40}\b(?:f\.?a\.?r|12\.212"
            r"|government)\b",
            r"\bby itself\b",
            r"\bcommercial(?:ly)? reasonable\b",
            r"\bno patent licen[cs]e\b|\bsale of goods\b",
        ),
        any_of(r"\b(?:commercial\w*|for profit|monetiz\w+|monetis\w+)\b"),
    ),
    Rule(
        Restriction.RESEARCH,
        any_of(
            r"\b(?:only|solely|exclusively|limited|restricted|strictly|sole purpose)\b.{0,100}"
            r"\b(?:research|academic|educational|evaluation|evaluating|scientific|non ?production|personal use"
            r"|personal purposes?|testing)\b",
            r"\b(?:research|academic|educational|evaluation|scientific|non ?production|personal|testing)"
            r"(?:,? (?:and|or|use|purposes?|educational|academic|research|study))* only\b",
            rf"\b{NOT}.{{0,80}}\bproduction (?:use|purposes?|environments?)\b",
            rf"\b{NOT}.{{0,40}}\bother than\b.{{0,60}}\b(?:research|academic|educational|evaluation)\b",
            rf"\bother than (?:\w+ ){{0,2}}(?:research|academic|education\w*|evaluation)\b.{{0,60}}{REFUSED}",
            r"\b(?:confined to|purely|nothing else|no other (?:reason|purpose)|exclusion of all else"
            r"|sole permitted)\b.{0,100}"
            r"\b(?:research|academic|educational|evaluation|scientific|study)\b",
            r"\b(?:research|academic|scholarly|study|stud(?:y|ies)|evaluation|experiments?|teaching)\b.{0,100}"
            r"\b(?:nothing else|no other (?:reason|purpose)|exclusion of (?:all|any|every)\w*)\b",
            rf"\b{NOT}.{{0,60}}\b(?:(?:into|in) production|operational use)\b",
            r"\bresearch\b.{0,60}\b(?:may|must|shall|can)(?: ?not|not) (?:be )?(?:deployed|commerciali[sz]ed)",
            rf"{MUST}.{{0,30}}\bwithin (?:academia|a university|the lab\w*)\b",
            r"\b(?:research|academic|scientific|educational|scholarly) (?:work|study|use"
            r"|research)\b.{0,20}\bis the (?:one|only"
            r"|sole) (?:permitted )?(?:purpose|use)\b",
            r"\b(?:research|academic|testing|evaluation|education\w*)(?: and \w+)? only\b",
            r"\b(?:research (?:artefact|artifact)|evaluation copy)\b.{0,120}\bnot\b|\bevaluate\b.{0,60}"
            r"\b(?:days|months)\b.{0,40}\b(?:delete|cease|stop)\b",
            rf"\boutside (?:of )?(?:an? |the )?(?:laborator\w+|classroom|research|academ\w+)\b.{{0,60}}{REFUSED}",
            r"\b(?:only|limited to|restricted to|exclusively)\b.{0,60}\b(?:universit\w+|researchers?"
            r"|research institut\w+"
            r"|students?|scholars?|benchmarking)\b|\bby (?:researchers|academics|universities) only\b",
        ),
    ),
    Rule(
        Restriction.USERS,
        any_of(
            r"\b(?:monthly|daily|annual|active|unique|registered)(?: \w+)? (?:users?|visitors|customers)\b.{0,200}\d",
            r"(?:\b\d{3,}|\d[\d,.]* ?(?:million|billion|thousand|[mk])\b).{0,60}\b(?:users?|visitors|mau)\b",
            r"\b(?:revenues?|turnover|funding|income|sales)\b.{0,160}(?:[$€£]|\busd|\beur|\brmb|\bmillion"
            r"|\bbillion|\d,\d{3})",
            r"(?:[$€£]|\busd|\beur|\brmb).{0,80}\b(?:revenues?|turnover|funding|annual income)\b",
            r"\b(?:more|fewer|less) than \d[\d,]* (?:employees|users|people)\b",
            r"\b(?:over|above|under|below|in excess of|beyond|up to|at least) \d[\d,]*(?: (?:million|billion"
            r"|thousand))? "
            r"(?:\w+ ){0,2}(?:employees|users|people|accounts|subscribers|customers|visitors|staff)\b",
            r"\b\d[\d,]*(?: or more| and more)? (?:\w+ ){0,1}(?:staff|employees|active users)\b",
            r"(?:[$€£]|\busd |\beur ) ?\d[\d,.]*.{0,40}\b(?:income|revenue|turnover|sales|funding)\b",
            r"\b\d[\d,]*(?: ?(?:million|billion|thousand|m|k)\b)? (?:\w+ ){0,3}(?:accounts|subscribers|mau|dau"
            r"|visitors)\b",
            r"\b(?:employees|users?|user base|people)\b.{0,60}\b(?:in excess of|beyond|above|over|more than|exceeds?)\b"
            r".{0,20}\d",
            r"\b(?:market capitali[sz]ation|turnover|annual recurring revenue|arr|earning|earns?)\b.{0,80}"
            r"(?:[$€£]|\busd|\beur|\brmb|\bmillion|\bbillion|\d,\d{3})",
            r"\b(?:million|billion|thousand)\b (?:\w+ ){0,2}(?:of )?(?:\w+ ){0,2}(?:revenue|turnover|sales|funding)\b",
            r"\b(?:hundred|thousand|million|billion)\b (?:\w+ ){0,2}(?:people|users|customers"
            r"|accounts)\b.{0,80}\b(?:month"
            r"|consent|licen[cs]e|permission|agreement)\b",
            r"\b(?:more than|exceed\w*|over|greater than|at least)\b.{0,60}\b(?:million|billion"
            r"|thousand)\b.{0,60}\b(?:users?|customers|revenues?)\b",
        ),
        any_of(r"\b(?:was|were) (?:pre ?)?trained on\b"),
    ),
    Rule(
        Restriction.HOSTING,
        any_of(
            rf"\b{NOT}.{{0,200}}\b(?:hosted|hosting|managed service|as a service|service bureau|cloud service|saas"
            r"|application programming interface|(?:through|via|over) an? api|third part(?:y|ies) as a (?:service"
            r"|hosted))\b",
            r"\b(?:hosting|hosted (?:service|use)|shared (?:instance|service)|managed service|as a service)\b.{0,160}"
            r"\b(?:prohibited|forbidden|(?:not|only) (?:be )?(?:permitted|allowed|granted)|requires?|separate"
            r"|must|contact)\b",
            refused(
                r"\b(?:inference endpoints?|public endpoints?|endpoints? that|resale of inference|model as a service"
                r"|managed deployments?|time ?sharing|hosted (?:or \w+ )?(?:products?|use|service|offering)"
                r"|behind an? api"
                r"|via an? (?:api|application programming interface)|through an? api|host(?:ing)? the (?:model|weights)"
                r"|sell access|access to the model on|on behalf of others|for remote access|for the benefit of (?:a "
                r"|any )?"
                r"third part\w+|fine ?tuning of the model as)\b"
            ),
            refused(
                r"\b(?:inference to|access to the model|to run the model as|as an? (?:\w+ )?api|web services?"
                r"|hosting providers?"
                r"|cloud (?:services?|providers?)|as an? (?:\w+ ){0,2}(?:service|saas)|over the internet)\b"
            ),
            rf"\b(?:as an? (?:\w+ ){{0,3}}service|cloud service|hosting|hosted)\b.{{0,100}}{ASKS}",
            rf"\b(?:serving|offering|providing)\b.{{0,80}}\b(?:over a network|endpoints?|to external users"
            rf"|as a service)\b"
            rf".{{0,80}}(?:{ASKS}|{REFUSED})",
        ),
        LIABILITY,
        any_of(r"\b(?:hosted or managed|hosting|managed service|as a service|service bureau|saas)\b"),
    ),
    Rule(
        Restriction.FIELD,
        any_of(
            rf"\b{NOT}.{{0,300}}\b(?:military|weapons?|warfare|nuclear|surveillance|espionage|medical (?:advice"
            rf"|diagnos\w+|device)"
            r"|law enforcement|biometric|critical infrastructure|gambling|autonomous (?:driving|vehicles?)|missile"
            r"|predictive policing|high risk|itar|facial recognition|administration of justice|asylum)\b",
            refused(
                r"\b(?:armed forces|military|paramilitary|weapons?|nuclear|surveillance|legal advice|medical (?:advice"
                r"|diagnos\w+)|deep ?fakes?|political campaign\w*|gambling|fossil fuel\w*|dis ?information"
                r"|misinformation"
                r"|social scoring|harass\w*|malware|safety critical|air traffic|automated decision|law enforcement"
                r"|biometric|by their face|credit|employment|housing|insurance|pornograph\w*|spam|defam\w+"
                r"|discriminat\w+"
                r"|clinical|stalk\w*|elections?|job applicants|applicants|drones?|hate|torture|profiling"
                r"|impersonat\w+|fraud\w*"
                r"|exploit\w* (?:of )?(?:children|minors)|critical infrastructure|self harm|violence|terroris\w+)\b"
            ),
        ),
        any_of(
            r"\blaw firm\b|\bdiscriminat\w+ against (?:any )?(?:persons?|fields?)\b|\bcredit (?:is )?(?:given|line"
            r"|notice)"
        ),
        any_of(
            r"\b(?:military|weapons?|warfare|nuclear|surveillance|espionage|medical advice|law enforcement|biometric"
            r"|critical infrastructure|gambling|predictive policing|administration of justice|asylum|itar)\b"
        ),
    ),
    Rule(
        Restriction.TERRITORY,
        any_of(
            rf"\b(?:does not apply|not (?:available|granted|licen[cs]ed|permitted|be used|use\w*|intended"
            rf"|conferred)|exclud\w+"
            rf"|except|outside(?: of)?|prohibited|expressly limited to|only (?:in|within))\b.{{0,120}}{PLACES}",
            rf"\b(?:domiciled|located|established|resident|residing|incorporated|based"
            rf"|principal place of business)\b.{{0,80}}{PLACES}"
            rf".{{0,160}}\b(?:not|no|prohibited|excluded)\b",
            rf"\b(?:not|no|prohibited)\b.{{0,120}}\b(?:domiciled|located|established|resident|residing"
            rf"|incorporated|based|citizens?)\b.{{0,80}}{PLACES}",
            rf"\b{NOT}.{{0,100}}\b(?:extend\w*|download|leave|live|exported?|domiciled|established|seat|residents?)\b"
            rf".{{0,60}}{PLACES}",
            rf"{PLACES}.{{0,80}}(?:{REFUSED}|\bonly\b|\bmust not\b|\bmay not\b|\bnowhere else\b)",
            rf"\b(?:only|limited to|void|unavailable|nobody|nowhere)\b.{{0,80}}\b(?:in|of|to|from|within"
            rf"|domiciled in)\b.{{0,30}}"
            rf"{PLACES}",
            rf"\b(?:distribution|export\w*|use|sale)\b.{{0,20}}\b(?:in|to|from|within"
            rf"|outside)\b.{{0,30}}{PLACES}.{{0,60}}{REFUSED}",
            rf"\b(?:living|located|based|resident|residing|established|companies|persons|anyone|people"
            rf"|users)\b.{{0,30}}"
            rf"\b(?:in|of|from)\b.{{0,30}}{PLACES}.{{0,80}}(?:\b(?:no|not|never)\b|{REFUSED})",
            rf"\b{NOT}.{{0,60}}\b(?:in|inside|within|to|for)\b (?:\w+ ){{0,2}}{PLACES}",
            rf"\b(?:in|within)\b.{{0,20}}{PLACES}.{{0,10}}\b(?:exclusively|alone)\b|\bborders of\b.{{0,20}}{PLACES}",
            rf"\bterritory means\b|\bseat in\b.{{0,30}}{PLACES}.{{0,40}}\bnot\b",
        ),
        any_of(r"\b(?:conflicts? of laws?|governed by|courts?|trademark|sale of goods)\b"),
    ),
    Rule(
        Restriction.OUTPUTS,
        any_of(
            rf"\b{NOT}.{{0,200}}\b(?:outputs?|results?|materials?|generations?|generated (?:data|content|text)"
            rf"|completions|responses"
            r"|synthetic data|model|weights)\b.{0,140}\b(?:train\w*|improv\w+|fine ?tun\w+|distil\w*|develop\w*"
            r"|creat\w+|build)\b"
            r".{0,80}\b(?:models?|llms?|ai systems?|artificial intelligence)\b",
            rf"\b{NOT}.{{0,60}}\b(?:train\w*|improv\w+|distil\w*)\b.{{0,60}}\b(?:other|another|any|competing"
            rf"|different)\b.{{0,40}}\bmodels?\b",
            rf"\b{NOT}.{{0,40}}\bdistil\w*",
            rf"\bdistil\w*.{{0,60}}{REFUSED}",
            rf"\b(?:outputs?|completions|responses|generations|generated (?:text|data|images|content)|synthetic data"
            rf"|predictions|answers|results)\b.{{0,80}}\b(?:{NOT}|only).{{0,60}}\b(?:train\w*|build|improv\w+"
            rf"|develop\w*"
            r"|fine ?tun\w+|pre ?train\w*)\b",
            rf"\b(?:train\w*|improv\w+|develop\w*|fine ?tun\w+)\b.{{0,80}}\b(?:outputs?|completions|predictions"
            rf"|generations|what (?:it|this|the model)\b.{{0,20}}\b(?:writes|produces|generates))\b.{{0,60}}{REFUSED}",
            rf"\b(?:using|use of) (?:the )?(?:outputs?|completions|results|generations)\b.{{0,100}}\b(?:improv\w+"
            rf"|train\w*"
            rf"|develop\w*)\b.{{0,80}}{REFUSED}",
            rf"\b{NOT}.{{0,80}}\b(?:outputs?|completions|responses|generations|images|answers|on what"
            rf"|nothing that the model"
            r"|generated)\b.{0,80}\b(?:train\w*|pre ?train\w*|training set|rival|compet\w+)\b",
            refused(
                r"\b(?:(?:outputs?|answers|responses|completions|generations|text it \w+|what (?:it"
                r"|the model) \w+)\b.{0,60}"
                r"\b(?:training|train\w*|corpus|training data)|student models?|trained on its \w+|training data)\b"
            ),
            rf"\b{NOT}.{{0,100}}\b(?:bootstrap|train)\b.{{0,60}}\b(?:another|other|your own"
            rf"|foundation)\b.{{0,30}}\b(?:models?|llms?)\b",
            rf"\b{NOT}.{{0,20}}\bwhat (?:it|the model)\b.{{0,40}}\btrain",
            rf"\b(?:text|what) (?:it|the model) \w+.{{0,40}}\b{NOT}.{{0,60}}\bother models?\b",
            rf"\bnothing that the model\b.{{0,80}}\btrain\w*|\b{NOT}.{{0,20}}\btrain\b.{{0,20}}\bon what\b",
        ),
        any_of(r"\bmerely|deemed (?:a )?derivatives?\b|\bno warranty\b"),
    ),
)
