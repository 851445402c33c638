"""The words by which a reply rejects what it mentions, leaves it open, or begins another statement."""

from __future__ import annotations

import re

#: Turns of phrase that hold a negation, a doubt or a condition, and mean none.
IDIOMS = re.compile(
    r"\b(?:(?:there is |there's )?no (?:doubt|question|denying)(?: that| about it)?|without (?:a "
    r"|any )?(?:doubt"
    r"|question)"
    r"|(?:can(?:no|')t|can not) (?:be denied|deny|help)(?: but| that)?|not only|nothing but"
    r"|none other than|why not"
    r"|if (?:i|you|we) (?:had|have|were|must|need|am|was)(?: to| forced to| pressed to)? (?:choose|guess"
    r"|pick"
    r"|decide|answer|say|give)\b"
    r"|if (?:forced|pressed|anything|in doubt|correct|needed)|as if|even if|not sure,? but|i guess"
    r"|no problem"
    r"|if i may"
    r"|if i(?:'m| am) not (?:wrong|mistaken)|if you ask me|on second thoughts?|let me see if|no matter"
    r"|whether or not|nothing other than"
    r"|(?:(?:can't|cannot) (?:think of|see) (?:any|a) )?reasons? not to)\b"
)
#: Turns of phrase that reject what follows them although they hold a joint.
ANYTHING_BUT = re.compile(r"\b(?:anything|everything|all) but\b")
#: The full stop of a label ("A. rain") ends a sentence only where the next word begins one.
SENTENCE_END = re.compile(
    r"[!?。！？\n]+|(?<!\b[A-Za-z])\.(?=[\"')\]}>]{0,3}(?:\s|\Z))"
    r"|(?<=\b[A-Za-z])\.(?=[\"')\]}>]{0,3}(?:\s+[^a-z\s]"
    r"|\s*\Z))"
)
JOINTS = re.compile(
    r"(?<!wrong)(?<!false)(?<!incorrect)(?<!answer)(?<!choice)(?<!option)(?<!likely)"
    r"(?<!says)(?<!said)(?<!asks)(?<!asked)(?<!eliminated)(?<!excluded)(?<!rejected)(?<! out):"
    r"|,(?!\s(?:dass|daß|что|чтобы|que|che|dat|że)\b)|[;；，、]|\((?=[^\W\d]\w)|(?<=\w\w)\)|\s[-–—]{1,2}\s|—|->"
    r"|\b(?:but|however|so(?! (?:far|much|many) as\b)|therefore|thus|hence|instead|because|since|while|whereas"
    r"|although|though|then|yet|leaves|leaving"
    r"|(?:and|or)(?= (?:it|i|this|that|there|not)\b)|and(?= the (?:first|second|third|other|latter"
    r"|former)\b)|sondern|sino"
    r"|mais(?= (?:c'|j[e']|l[ea']|les|il|elle|en|non|pas|après|ce|on|si|plutôt|peut|une?|[b-h])\b)"
    r"|mas|ma|maar|ama|pero|aber|denn|porque|donc|also|weil|а|но)\b"
    r"|而是|但是?|所以|因此|因为|而(?=[A-Z是])|なく|だから|なので|니라|그래서|때문"
)
#: A new statement begins here although nothing divides it from what came before.
CUE = re.compile(
    r"\b(?:(?:the|my|so the) (?:\w{1,12} )?(?:answer|choice)\s?(?:is|:|=)|i(?:'d| would| will"
    r"|'ll)? (?:choose"
    r"|pick|select|go with|say|answer)\b"
    r"|it(?:'s| is| must be| has to be)(?! not)\b|(?:is|was) the (?:first|second|third|last)\b)"
)
#: After these a whole statement is doubted, whatever it begins with.
DOUBT = re.compile(
    r"\b(?:(?:do|does|did|would|could|can|will|am|is|are|was|were|ca|wo)(?:n't| not|not)|cannot|never"
    r"|hardly|not)"
    r" (?:\w+ ){0,3}?(?:think|believe|sound|seem|appear|look|say|agree|see|find|hear|know|suppose|feel"
    r"|confirm|conclude|tell|determine"
    r"|choose|pick"
    r"|select|go|recommend|guess|expect|support|suggest|indicate|mean|imply|prove|show|decide|judge"
    r"|identify"
    r"|sure|certain"
    r"|convinced|clear|likely|possible|evident|obvious|the case|true|enough|assume|claim|answer)\b"
    r"|\b(?:hard|difficult|impossible|mistake|silly|foolish|rash|premature|unfair) to (?:believe|say|see|imagine|tell"
    r"|answer|choose|accept|argue)\b"
    r"|\b(?:doubt\w{0,4}|avoid\w{0,3}|retract\w{0,3}|withdraw\w{0,3}|unlikely|improbable|implausible"
    r"|unclear|unsure|uncertain|unconvinced|questionable|debatable"
    r"|impossible|disagree\w{0,2}|den(?:y|ies|ied)|refut\w{1,3}|unable to|fail(?:s|ed)? to"
    r"|refus\w{1,3}|worst|absent|missing from|lacks?|lacking|mistake|stretch|nonsense)\b"
    r"|\bno (?:\w+ )?(?:evidence|indication|sign|reason|way|proof|support|hint|basis|chance|clue|cue"
    r"|guarantee"
    r"|suggestion)s?\b"
    r"|\b(?:dudo|no creo|no parece|je doute|je ne (?:pense|crois)|bezweifle|glaube nicht|denke nicht"
    r"|duvido|não acho"
    r"|сомневаюсь|не думаю|dubito|non credo)\b|怀疑|不认为|不觉得|とは思わ|とは思え|생각하지 않"
)
NEGATION = re.compile(
    r"\b(?:not|never|hardly|scarcely|neither|nor|no|none|nothing|without|rather than|instead of"
    r"|as opposed to|opposed to"
    r"|opposite of|unlike"
    r"|except(?: for)?|other than|anything but|everything but|all but|far from|less than|apart from"
    r"|eliminat\w{1,4}|exclud\w{1,3}|rul\w{1,3} out|reject\w{0,3}|discard\w{0,3}|dismiss\w{0,3}|versus"
    r"|vs\.?"
    r"|wrong|incorrect|false|incorrectly|least|e\.g\.|such as|for example|for instance|format"
    r"|nicht|kein\w{0,2}|weder|noch|n'est|pas|não|nem|ni|no es|tampoco|non|не|ни|falsch\w{0,2}"
    r"|incorrect[ao]"
    r"|неправильн\w{1,3})\b|ليس|ليست|غير"
    r"|n't\b|不是|不选|不選|不会是|不可能是|排除|而非|并非|除了|既不|错误|不正确"
)
OTHER_END = re.compile(
    r"[>)\]}\"'”]{0,3}\s{0,2}(?:"
    r"ではな|じゃな|でもな|では?ありません|가 아니|이 아니|는 아니|은 아니|도 아니|も違|は違|は不|は間違"
    r"|(?:是|也|就|都|才|肯定|显然){0,2}(?:不对|不正确|错|不是|不符|不可能|不行)"
    r"|ist (?:es )?(?:nicht|falsch)|est (?:faux|fausse|incorrect)|es (?:incorrect|fals)|está errad"
    r"|é (?:incorret"
    r"|fals)"
    r"|n'est pas|no es|não é|değil|yanlış|नहीं|गलत|خطأ|неверн|неправильн|не подходит|не является|nicht\b"
    r"|ne (?:convient|correspond)"
    r"|(?:[:=–—-]\s{0,2})?(?:❌|✗|✘|✖|false\b|no\b(?! doubt|,? \w)|incorrect\b|wrong\b)|\?\s{0,2}(?:no"
    r"|nope|nein"
    r"|non|нет|不)\b)"
)
REJECTED_AFTER = re.compile(
    r"[>)\]}\"'”°]{0,3}[\s:]{0,2}(?:(?:is|was|are|were|seems?|looks?|appears?|sounds?|would be|must be"
    r"|can be"
    r"|could be|to be|also"
    r"|both|would|should|has|have|does|do|did|can|could|may|might|will)\s){0,3}"
    r"(?:(?:clearly|definitely|also|therefore|just|simply|obviously|both|thus|less|too|very|the|an?"
    r"|probably"
    r"|likely|most|all"
    r"|certainly|really|be|been|being)\s){0,3}"
    r"(?:wrong|incorrect|false|not\b|no (?:\w+er|more|less)\b|isn't|wasn't|aren't|doesn't|don't|didn't|can't"
    r"|cannot|won't|wouldn't|couldn't"
    r"|(?:ruled|eliminated|excluded)\b|ruled out|unlikely|eliminated|excluded|rejected|impossible"
    r"|inaccurate"
    r"|improbable|implausible|doubtful|out\b(?! of)|least\b|untrue|unsupported|never\b|neither\b|no longer"
    r"|absent|silent\b|empty\b|(?<=: )(?:nothing|none|no\b|silence)|a (?:mistake|stretch))"
    r"|,? which (?:is|was) (?:wrong|incorrect|a mistake|false)"
)
#: Opens what follows in the sentence: nothing is stated of it.
OPENED = re.compile(
    r"\b(?:between|torn|hesitat\w{1,3}|zwischen|entre|if|whether|unless|suppose|supposing|assuming|in case"
    r"|depends|depending on|hypothetically|wenn|falls|ob|si|если|ли)\b"
    r"|\bi(?:'ll| will|'d|'m going to) (?:\w+ )?(?:extract|compare|listen|look|check|measure|analy[sz]e|examine|compute"
    r"|estimate|determine|identify)\b"
    r"|(?<![a-z] )\b(?:should|were) (?:the|it|this)\b|(?<![a-z] )\bhad (?:the|it|i)\b"
    r"|如果|若|是否|介于|有人|有些人|别人|もし|どちらか|만약|인지"
)
#: Opens all of its sentence.
OTHERWISE = re.compile(
    r"\b(?:otherwise|or else|sonst|sinon|de lo contrario|altrimenti|caso contrário|иначе)\b|否则"
)
#: Opens what follows in the clause.
OPENED_HERE = re.compile(
    r"\b(?:(?:some|many|most|people|others|one|somebody|someone)\b[^,.;]{0,20}\b(?:say|answer|argue"
    r"|choose|pick"
    r"|think|prefer|go (?:for|with)|opt for|vote for)|plausible"
    r"|(?<!you're )(?<!you are )(?:waiting|looking?|listening|hoping) for|expect(?:ing|ed)"
    r"|used to (?:think|believe|say)|you (?:seem|appear) to"
    r"|(?:was|were) (?:going|about) to|you (?:said|say|think)|in your|(?:claimed|argued|assumed"
    r"|believed) that|(?<!i )(?<!i'd )would (?:answer|say|choose|pick)"
    r"|you (?:may|might|could|would) (?:say|think|be)|according to|(?:friends?|colleagues?|teachers?"
    r"|neighbou?rs?|he|she|they|everyone|everybody|experts?|critics|listeners?"
    r"|(?:the|a) (?:user|prompt|question|instructions?|speaker|voice|man|woman|narrator|text|caption"
    r"|title))\b[^,.;]{0,30}?"
    r"\b(?:say|says|said|tells?|told|thinks?|thought|claim(?:s|ed)?|believes?|answered|chose|picks?"
    r"|picked|asks?|asked|mentions?)|claims?|says|said|asks|considered|consider|(?:first"
    r"|initially|originally) (?:thought|leaned|guessed|assumed)|thought|at first"
    r"|(?:might|could|would) have|wonder\w{0,3})\b"
)
#: Opens what it follows.
OPEN_AFTER = re.compile(
    r"[>)\]}\"'”]{0,3}\s(?:also |both )?(?:(?:may|might|could|would)(?: also| well)? (?:seem|appear|look"
    r"|sound"
    r"|be|have)\b(?! (?:my|the (?:answer|best|correct|right)))"
    r"|(?:is|are|seems?)(?: both| also| equally)? (?:possible|plausible|conceivable|tempting)|claims?"
    r"|says|states)"
    r"|\s(?:typically|usually|generally|normally|often|commonly|tends?)\b"
    r"|[^.;:]{0,40}\b(?:i grant|i admit|granted|admittedly|to be sure)\b"
    r"|,?[\"'”]{0,2},? (?:said|says|asked) |,? but i (?:retract|withdraw|take (?:it|that) back)"
)
WOULD = re.compile(r"\s[^,.;:]{0,40}\bwould\b(?! be (?:my|the))")
CLOSED = re.compile(
    r"\b(?:but|however|so|therefore|thus|hence|since|because|i(?:'d|'ll| would| will| still)? (?:lean|chose"
    r"|picked|opted|went)"
    r"|aber|mais|mas|pero|но)\b|;|但|所以"
)
COMPARED = re.compile(
    r"\b(?:than|compared (?:to|with)|relative to|versus|vs\.?|as \w+ as|similar to|unlike|als|чем)"
    r"[\s\"'(<]{1,3}(?:(?:the|that|those|in|of|it|is|was|option|sound|clip|la|le|el|der|die|das"
    r"|do)\b[\s\"'(<]{0,3}){0,4}$|比$|より$"
)
REJECTED_LIST = re.compile(
    r"\b(?:wrong|incorrect|false|eliminated|excluded|rejected|ruled out"
    r"|falsch):\s*(?:[\"'<(]?[a-z][\"'>)]?\s*,\s*)+[\"'<(]?\Z"
)
SO_IS = re.compile(r"\bso (?:is|are|was|does|do) [\"'<(]{0,2}$")
#: What follows shows the form of an answer, and is none.
EXAMPLE = re.compile(
    r"\b(?:like this|looks? like|for example|for instance|e\.g\.|(?:an? )?(?:example|instance|sample) (?:of a )?"
    r"(?:valid )?(?:answer|reply) (?:is|would be))[,:]?\W{0,6}(?:(?:final )?answer\W{1,6}){0,2}\Z"
)
IF_AFTER = re.compile(r"[>)\]}\"'”]{0,3}\s?,?\s?(?:only )?(?:if|when|unless|wenn|falls|si|если)\b")
IS_NO = re.compile(
    r"[\s\"'>)]{0,4}(?:no|nope|not (?:really|quite|at all)|nein|non|нет)\b(?! doubt)|[\s\"'>)]{0,4}(?:不"
    r"|いいえ|아니)"
)
IS_YES = re.compile(
    r"[\s\"'>)]{0,4}(?:yes|yeah|yep|correct|right|indeed|exactly|ja|oui|sí|да)\b(?!,? (?:but|partly|in part|somewhat))"
    r"|[\s\"'>)]{0,4}(?:是|对|はい|네)"
)
