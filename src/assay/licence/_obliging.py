"""How passages of legal texts read that oblige, or keep a hold on what is given: patterns as in `_restricting`."""

from __future__ import annotations

from assay.facts.licence import Restriction
from assay.licence._wording import MUST, NOT, OUR, YOU, Rule, any_of

RULES = (
    Rule(
        Restriction.NAMING,
        any_of(
            r"\b(?:display|include|indicate|state|show|bear|contain|carry|feature)\w*\b.{0,120}"
            r"\b(?:built with|built on|powered by|created (?:with|by|using)|improved using|made with|based on"
            r"|licen[cs]ed by)\b",
            r"\bprominently (?:display|state|show|indicate|credit)\w*\b",
            r"\binclude\b.{0,60}\bat the beginning of\b.{0,80}\bnames?\b",
            r"\bnames?\b.{0,80}\b(?:must|shall|has to)\b.{0,40}\b(?:include|begin|start|contain)\b",
            r"\b(?:display|show|credit)\w*\b.{0,80}\b(?:user interface|website|about page|blog ?post"
            r"|product documentation|logo|trademark)\b",
            r"\b(?:must|shall|need(?:s)? to|has to|have to)\b.{0,40}\b(?:logo|badge)\b",
            r"\b(?:must|shall|has to|have to|need(?:s)? to|required to|agree to)\b.{0,60}\b(?:mention|credit|label"
            r"|acknowledge"
            r"|be marked|be called|cite|be labelled|carry|feature|state clearly|tell (?:users|customers))\b.{0,100}"
            r"\b(?:name|word|in its title|interface|product|service|screen|website|powered by|based on|built with"
            r"|is used"
            r"|followed by|paper|followed|talking to|acknowledge \w+)\b",
            r"\b(?:phrase|words|notice|statement|attribution)\b.{0,60}\b(?:must|shall|has to)\b.{0,40}\b(?:appear"
            r"|accompany"
            r"|be shown|be displayed)\b",
            r"\b(?:carry|bear|include|contain)\b.{0,40}\bin (?:its|the|their) (?:title|name)\b",
            rf"\b(?:logo|badge|title|name|derived|derivatives?|checkpoints?)\b.{{0,60}}{MUST}.{{0,40}}\b(?:visible"
            rf"|start|begin"
            r"|named|called|shown|displayed)\b",
            r"(?:\A|[.:;(] )(?:say|show|state|display|mention)\b.{0,60}\b(?:runs on|built with|powered by|based on"
            r"|made with)\b",
            r"\binclude\b.{0,40}\bat the (?:start|beginning) of the name\b",
            r"\b(?:interface|advertising|publications?|products?|start screen|model)\b.{0,40}\b(?:must|shall|has to"
            r"|have to)\b"
            r".{0,30}\b(?:acknowledge|cite|state clearly|feature|mention|credit|be marked|be called)\b",
        ),
        any_of(rf"\b{NOT}.{{0,30}}\b(?:display|use|include)"),
    ),
    Rule(
        Restriction.REMOTE,
        any_of(
            r"\b(?:restrict|disable|suspend|limit|revoke|block|deactivate|terminate)\w*\b.{0,60}\bremotely\b",
            r"\bremotely\b.{0,60}\b(?:restrict|disable|suspend|limit|revoke|block|deactivate)\w*\b",
            r"\breserves? the right to\b.{0,40}\b(?:restrict|suspend|disable|limit|block)\b.{0,80}\b(?:use|usage"
            r"|access)\b",
            r"\b(?:efforts|required|must|shall|obliged)\b.{0,60}\b(?:use|update to|upgrade to"
            r"|switch to) the latest version\b",
            r"\bupdate the model\b.{0,40}\belectronic means\b",
            r"\b(?:must|shall|have to|has to|undertakes? to|efforts to|agree to)\b.{0,60}\b(?:newest|latest"
            r"|most recent) version\b",
            r"\b(?:switch off|deactivate\w*|disable\w*|throttle\w*|block)\b.{0,60}\b(?:at a distance"
            r"|over the network|remotely"
            r"|by technical (?:measures|means))\b|\bremotely\b.{0,30}\bthrottle\w*",
            r"\b(?:may|can|retains? the right to|entitled to)\b.{0,40}\b(?:restrict|limit|block|suspend|disable"
            r"|switch off)\b"
            r".{0,30}\b(?:use|usage|access|your copy)\b",
            r"\b(?:older|outdated|previous|earlier) versions?\b.{0,40}\b(?:must|have to|shall)\b.{0,20}\b(?:deleted"
            r"|destroyed"
            r"|cease)|\bcease (?:using|use of) (?:outdated|older|previous)\b|\bstop using a version\b",
            rf"{OUR}.{{0,40}}\b(?:can|may|might)\b.{{0,30}}\b(?:turn|switch|shut)\b.{{0,40}}\b(?:off|down)\b",
            rf"{OUR}.{{0,40}}\b(?:can|may)\b.{{0,20}}\bimpose (?:further |new |additional )?(?:limits|restrictions"
            rf"|conditions)\b",
            r"\b(?:install|apply)\b.{0,30}\b(?:updates?|patches)\b.{0,30}\b(?:we|licensor|publish\w*|provide\w*)\b",
            r"\b(?:upgrad\w+|updating|new (?:version|release))\b.{0,40}\bmandatory\b",
            r"\brevoke\b.{0,30}\bkeys?\b|\blicen[cs]e server\b",
        ),
        any_of(
            r"\bremotely through a computer network\b|\brequires? the latest version|\bruns? on the latest"
            r"|\b(?:not|no|never|nothing|without)\b.{0,60}\b(?:restrict|limit|block|suspend|disable)\w*"
        ),
    ),
    Rule(
        Restriction.TERMINATION,
        any_of(
            r"\b(?:terminat\w+|revok\w+|revocable|cancel(?:led|ed|s)?|rescind\w*)\b.{0,160}"
            r"\b(?:licen[cs]es?|agreement|rights?|permissions?|breach|comply|fail\w*|any time|discretion|notice)\b",
            r"\b(?:licen[cs]es?|agreement|rights?|permissions?)\b.{0,160}\b(?:terminat\w+|revok\w+|revocable"
            r"|cancel(?:led|ed)?|rescind\w*|ceases?|expires?|lapses?|voids?|withdrawn?)\b",
            r"\b(?:rights?|licen[cs]es?|permissions?|authori[sz]ations?|agreement|grant)\b.{0,60}\b(?:ends?|lapse"
            r"|ceases?"
            r"|expires?|is temporary|until further notice|taken back|be withdrawn|is valid until|valid until)\b",
            r"\b(?:withdraw|take back|rescind|revoke)\b.{0,40}\b(?:permission|grant|licen[cs]e|rights?"
            r"|it for convenience"
            r"|at any time|discretion|whenever)\b",
            r"\b(?:lose|forfeit)\b.{0,20}\b(?:all |your |any )?rights?\b|\bbreach voids\b|\bimmediate end\b",
            r"\bupon (?:termination|expiry)\b|\bterminates? (?:at once|automatically|immediately)\b",
            r"\b(?:end|stop|cease)\b.{0,30}\b(?:this|the|your|licensing)\b ?(?:licen[cs]e|you|rights?"
            r"|permission)?.{0,30}"
            r"\b(?:at will|at any time|discretion|the model)\b",
            r"\b(?:licen[cs]e|agreement|permission|grant)\b.{0,20}\b(?:lasts? (?:for|until)|runs? (?:for|until)"
            r"|is limited to)\b.{0,30}"
            r"\b(?:days|months|years?|\d{4})\b",
            r"\b(?:on|upon|after) (?:expiry|termination)\b",
            r"\brevoke it\b|\bterminate your (?:access|rights)\b",
        ),
        any_of(
            r"\b(?:surviv\w+|reinstat\w+|until terminated|terms? and termination|irrevocable"
            r"|(?:not|never|cannot) (?:be )?(?:end|lapse|expire|revoked|terminated|withdrawn"
            r"|cancelled))\b(?!.*\bif you\b)"
        ),
    ),
    Rule(
        Restriction.USE_POLICY,
        any_of(
            r"\bacceptable use polic(?:y|ies)\b",
            r"\b(?:prohibited|restricted) uses?(?: policy)?\b",
            r"\buse based restrictions?\b",
            r"\b(?:use|usage|content|safety) (?:polic(?:y|ies)|guidelines|restrictions?)\b",
            r"\battachment a\b|\baup\b",
            r"\b(?:uses?|purposes?|restrictions?)\b.{0,40}\b(?:listed|set out|set forth|described|contained|in"
            r"|of)\b.{0,10}"
            r"\b(?:attachment|annex|appendix|exhibit|schedule) [a-z0-9]\b",
            r"\b(?:attachment|annex|appendix|exhibit|schedule) [a-z0-9]\b.{0,40}\b(?:uses?|purposes?|restrictions?)\b",
            r"\b(?:acceptable use|rules of use|use restrictions?|usage rules|list of (?:prohibited|forbidden"
            r"|disallowed|restricted) (?:uses?|purposes?))\b",
            r"\b(?:responsible (?:ai|use)|ethical use|fair use|community|content|model usage|safe(?:ty)?"
            r"|ethics) (?:polic(?:y"
            r"|ies)|guidelines)\b|\bcode of (?:conduct|ethics)\b",
            r"\bterms of (?:use|service)\b.{0,80}\b(?:comply|adhere|subject|incorporated|abide)",
            r"\b(?:comply|adhere|subject|abide)\w*\b.{0,80}\bterms of (?:use|service)\b",
        ),
        any_of(r"\bprivacy\b"),
    ),
    Rule(
        Restriction.INDEMNITY,
        any_of(
            r"\bindemnif\w+\b",
            r"\bindemnity\b",
            r"\bhold(?:s|ing)?\b.{0,60}\bharmless\b",
            rf"{YOU}.{{0,60}}\b(?:defend|compensate|reimburse)\b.{{0,80}}",
            rf"{YOU}.{{0,60}}\b(?:bears? (?:all|the|any) (?:costs?|losses|expenses)|assumes? responsibility for claims"
            r"|makes? good any loss|cover \w+(?:['’]s)? (?:costs|expenses|losses)|pay for any (?:harm|loss|damage))\b",
            rf"{YOU}.{{0,60}}\b(?:exempts?|keeps?|protects?|releases?)\b.{{0,60}}\b(?:claims?|lawsuits?)\b",
            rf"{YOU}.{{0,60}}\b(?:pay|bear|cover|stand in|protect|reimburse|settle)\b.{{0,80}}\b(?:legal (?:bills"
            rf"|costs|fees)|sued"
            r"|claims|awarded against|lawsuits?|damages)\b",
            rf"\b(?:loss(?:es)?|costs?|damages|claims?)\b.{{0,40}}{OUR}.{{0,40}}\b(?:because of you|yours to bear"
            rf"|for your account"
            r"|at your (?:own )?expense)\b",
            r"\b(?:claims?|action|proceedings?) (?:brought|raised|made)\b.{0,80}\b(?:at your (?:own )?(?:expense"
            r"|cost)|you pay)\b"
            r"|\bis sued because of you\b",
        ),
    ),
)
