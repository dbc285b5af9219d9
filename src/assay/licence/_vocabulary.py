"""Words with which legal texts forbid, limit, ask and oblige; lower case, English.

Written as `words` reads them, after `normal`: "license" and "authorize" whatever the spelling, no hyphens, "not" apart.
"""

from __future__ import annotations

import re

from assay.lazy import regex


def words(*listed: str) -> re.Pattern[str]:
    """A pattern for any of these words: `_` stands between the words of a phrase, `~` for up to three others, and `*`
    for any end of a word.
    """
    rows = " ".join(listed).split()
    parts = [
        re.escape(row).replace("_", " ").replace("\\~", r"(?:[\w',]+ ){0,3}?").replace("\\*", r"\w*") for row in rows
    ]
    return regex(r"\b(?:" + "|".join(sorted(set(parts), key=len, reverse=True)) + r")(?!\w)")


_SPELT = (
    (regex(r"[-\u2010-\u2015*_#>|\"“”()\[\]]+"), " "),
    (regex(r"[’`]"), "'"),
    (regex(r"\bcan(?:'t|not)\b"), "can not"),
    (regex(r"\bwon't\b"), "will not"),
    (regex(r"n't\b"), " not"),
    (regex(r"licence"), "license"),
    (regex(r"\b(\w*(?:author|commercial|organ|monet|util|capital|penal))is(?=e|a|i)"), r"\1iz"),
    (regex(r"\bdistil(?!l)"), "distill"),
    (regex(r"\s+"), " "),
)


def normal(text: str) -> str:
    """A sentence as the words of this module are written."""
    text = text.lower()
    for pattern, other in _SPELT:
        text = pattern.sub(other, text)
    return text.strip()


# negations that take nothing away
FREE = words(
    "no_assurances no_~key_is not_have_~terminated not_apply_to not_include_outputs nothing_~keeps not_keep",
    "need_not neither_limit* neither_restrict* never_be_revoked never_be_terminated never_ends never_expire*",
    "never_lapse* no_additional no_end no_expiry no_less_than no_longer no_matter no_more_than no_purpose",
    "no_use_is_too no_way_limits no_~charge no_~charges no_~conditions no_~duty no_~event no_~fee no_~fees",
    "no_~later_than no_~liabilit* no_~limit no_~limitation* no_~limits no_~need no_~obligation* no_~policy",
    "no_~representation* no_~requirement* no_~restriction* no_~royalt* no_~warrant* not_accept_~liabilit*",
    "not_accept_~respons* not_affect* not_apply_if not_ask* not_assume* not_be_cancelled not_be_construed",
    "not_be_deemed not_be_held not_be_liable not_be_limited not_be_restricted not_be_revoked not_be_taken_back",
    "not_be_terminated not_be_withdrawn not_claim* not_collect* not_constitute not_end not_endorse* not_ends",
    "not_exclude* not_exhaustive not_expire* not_forbid* not_guarantee* not_have_to not_impose* not_in_any_way_limit",
    "not_in_conflict not_in_contravention not_in_force not_in_violation not_lapse not_limit not_limited_to not_limits",
    "not_matter not_mean* not_monitor* not_need not_need_to not_oblige* not_only not_otherwise_be_affected",
    "not_prohibit* not_require* not_restrict* not_revoke* not_terminate* not_warrant* not_~in_effect not_~necessary",
    "not_~needed not_~obligated not_~preclude not_~prevent* not_~required not_~restrict* or_not_at_all whether_or_not",
    "without_asking without_fear without_regard without_~charge without_~charges without_~cost without_~fee",
    "without_~limit without_~limitation* without_~modification* without_~notice without_~payment without_~prejudice",
    "without_~restriction* without_~royalt* without_~warrant*",
)
NOTHING_LIMITS = regex(
    r"\b(?:nothing|no \w+|none)\b[^;:]{0,80}\b(?:restrict|limit|prevent|prohibit|forbid|require|reduce|affect)s?\b"
    r"|\bno (?:\w+ ){0,3}(?:permission|consent|license|approval|agreement|registration|payment|credit|attribution"
    r"|notice)"
    r" (?:\w+ ){0,3}?(?:needed|required|necessary|due)\b"
)

# what forbids all that follows in its clause
FORBIDS = regex(
    r"\b(?:(?:may|must|shall|can|could|should|will|would|ought|agrees?|undertakes?|covenants?|promises?|warrants?"
    r"|represents?"
    r"|to|are|is|and|or|but|certif(?:y|ies)|please)(?: \w+ly)?,? (?:not|never)(?= (?!only\b)\w)"
    r"|not (?:for|to|in|as|by|be|at|within|with|through|via|on behalf)\b|not,? (?:\w+ly|in any \w+),"
    r"|you are not (?:established|domiciled|located|resident|based)|(?:\A|[,;:.] ?|\byou )(?:do not|never|not)"
    r"|(?:users?|licensees?|customers|anyone) do(?:es)? not"
    r"|no|nobody|none|nothing|neither|nor|never|refrains? from|refraining from|abstains? from|(?:abstain|keep"
    r"|stay) (?:away )?from|asked not to|desist from"
    r"|prohibited from|barred from|banned from|excluded from|prevented from|prohibits?|forbids?|disallows?|bars"
    r"|rules out|excludes|exclude|excluding|without(?! (?:\w+ ){0,4}?(?:permission|consent|license|approval"
    r"|authorization)\b)|stop short of|prohibition (?:on|of|against)"
    r"|prohibited (?:uses?|purposes?|activit\w+))\b"
)
# "is not" and "are not" describe, unless a word follows that forbids (FORBIDDEN)
DESCRIBES = regex(r"\b(?:is|are) (?:\w+ly )?not(?! to\b| established| domiciled| located| resident| based)\b")
# what forbids all that its clause speaks of
FORBIDDEN = regex(
    r"\b(?:prohibited|forbidden|disallowed|barred|banned|excluded|outlawed|proscribed|off limits|ruled out"
    r"|out of scope"
    r"|out of bounds|unlicensed|unauthorized|impermissible|unavailable|reserved (?:to|for|by)|(?:fall|lie|is"
    r"|are)s? (?:outside|beyond)"
    r"|has no rights?|have no rights?|strictly no|without effect|blocked|illegitimate|inadmissible|impermissible"
    r"|lie[sd]? beyond|beyond what|restricted activit\w+"
    r"|(?:not|never) (?:be |been |to be |an? |hereby )*(?:\w+ly )?(?:permitted|allowed|granted|authorized|licensed"
    r"|entitled|eligible|covered|included|available|offered|possible|acceptable|given|extended|tolerated|sublicensed"
    r"|welcome|lawful|made to|among the rights|cover|covers|extend|extends|apply|applies|include|includes|grant"
    r"|permit|permits"
    r"|allow|allows|authorize|convey|confer|entitle|encompass|qualify|accept these)"
    r"|(?:is|are|may|can|must|shall|do|does) not\W*\Z|(?:is|are) void)\b"
)
# what is then the only thing that is given
LIMITS = words(
    "alone and_no_more and_not_for_any_other confined_to exclusion_of exclusive_purpose exclusively first_and_last",
    "for_nothing_else is_the_one is_the_single just_for limit_~use limited_for limited_in limited_to merely",
    "no_one_but no_one_except no_one_other_than no_other no_purpose_save no_use_save nobody_but nobody_except",
    "none_but not_anything_else not_beyond not_for_anything_else not_for_other not_outside nothing_beyond",
    "nothing_else nothing_more nowhere_else only purely remain_within reserved_for reserved_to restrict_~use",
    "restricted_for restricted_to sole solely stay_within strictly within_the_limits",
)
NOT_LIMITING = words(
    "including_but_not_limited limited_to_the_extent not_limited_to not_only only_be_liable only_if only_to_the",
    "you_alone",
)
# after a word that forbids these give back what follows; after a permission they take it away
EXCEPT = words(
    "apart_from aside_from beyond but_for different_from except except_for except_in except_to excepting other_than",
    "outside outside_of save_for unless_for unless_in with_the_exception_of",
)
# what asks for more than this text gives
ASKS = regex(
    r"\b(?:(?:requir|need|demand|necessitat|call)(?:e|es|s|ed|ing|s for| for)?|must|shall|ha(?:s|ve) to|is to|are to"
    r"|should"
    r"|please|obliged to|required to|agrees? to)\b[^;]{0,80}\b(?:licenses?|permissions?|consent|approval|agreements?"
    r"|authorizations?|contracts?|subscription|terms with|royalt\w+|fees?|clearance|arrangement)\b"
    r"|\b(?:(?:must|shall|ha(?:s|ve) to|need to|please|should|to) (?:\w+ ){0,2}?)?(?:contact|write to|get in touch"
    r"|reach out"
    r"|apply to|apply for|talk to|email|approach|ask|notify|register with|pay|compensate)\b(?! (?:the )?(?:attention"
    r"|users))"
    r"|\b(?:separate|paid|commercial|additional|further|different|enterprise|special|written|explicit|express|prior) "
    r"(?:\w+ ){0,2}?(?:licenses?|agreements?|contracts?|terms|permissions?|consent|approval|authorization"
    r"|arrangements?)\b"
    r"|\b(?:subject to|in exchange for|against) (?:\w+ ){0,3}?(?:fees?|royalt\w+|payments?|approval|permission"
    r"|consent)\b"
    r"|\b(?:royalt\w+|fees?|payments?) (?:\w+ ){0,3}?(?:is|are|apply|applies|becomes?|falls?) (?:due|payable|charged"
    r"|owed"
    r"|required)?"
    r"|\b(?:available|sold|obtained|purchased|bought|negotiated) (?:\w+ )?(?:from|on request|upon request"
    r"|separately)\b"
    r"|\bat our discretion\b"
)
# what obliges to all that follows in its clause
OBLIGES = regex(
    r"\b(?:must|shall|ha(?:s|ve) to|needs? to|are to|is to|be to|required to|requires?|undertakes? to|agrees? (?:to"
    r"|that)"
    r"|agreeing to|obliged to|obligated to|bound (?:by|to)|you will|(?:users?|licensees?|recipients?|customers?) will"
    r"|mandatory|a condition|the condition that|provided that|provided you|subject to|conditional (?:on|upon)"
    r"|conditioned"
    r"|conditions?:|as long as you|so long as you|unless you|in accordance with|responsible for|commits? to"
    r"|promises? to|expected to|duty to|please|consents? to|ensure|governed by)\b(?! not\b)"
)
# a sentence that begins with what is to be done
_DONE = (
    r"(?:display|show|put|place|add|include|use|mention|credit|cite|name(?! to\b)|give|keep|state|say|print|attach"
    r"|acknowledge"
    r"|label|mark|call|carry|feature|link|tell|preface|prefix|begin|start|render|provide|reproduce|embed)\b"
)
IMPERATIVE = regex(
    rf"\A(?:and )?(?:(?!the |an? |no |to )[a-z]{{1,3}}[.]? )?(?:please )?(?:\w+ly (?:and )?)*{_DONE}"
    rf"|, and (?:[ivx]{{1,4}}|[a-z]|\d) (?:\w+ly (?:and )?)*{_DONE}"
)
LIABILITY = words(
    "as_is consequential damages disclaim* fitness_for incidental liab* loss_of_data loss_of_profits loss_of_use",
    "lost_profits lost_revenue merchantab* warrant*",
)
# an own act, of those who give the license
LICENSOR = words(
    "acme author authors company copyright_holder creator creators developer foundation institute issuer licensor",
    "licensors maintainers manufacturer our owner provider publisher rights_holder rightsholder supplier university",
    "us vendor we",
)
USER = words(
    "adopter adopters anyone customer customers deployer deployers distributor downloader end_user everyone licensee",
    "licensees operator party recipient recipients user users who_receives who_uses whoever you your",
)
