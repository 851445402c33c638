"""The words by which a reply chooses, rejects, corrects itself, or declines.

Every pattern is compiled once. Those named ``*_BEFORE`` end in ``$`` and are searched in the few
dozen characters before a candidate; those named ``*_AFTER`` are matched right behind it. No repeat is
unbounded and nested, so a hostile reply costs no more than its length.
"""

from __future__ import annotations

import re

_NOUN = (
    r"answer|reply|ans|choice|choose|option|selection|selected[_ ]option|pick|solution|response|letter|verdict"
    r"|conclusion|result|guess|prediction|order|sequence|label|pick|antwoord|svar(?:et)?|odpowied[zź]"
    r"|jawaban"
    r"|cevap|उत्तर|الإجابة|الجواب"
    r"|respuesta|opci[oó]n|r[eé]ponse|choix|antwort|auswahl|l[oö]sung|resposta|op[cç][aã]o|risposta"
    r"|ответ|вариант"
)
_BE = (
    r"(?:(?:is|are|was|would|should|must|will|has to|to|appears|seems|'s|es|sería|est|serait|ist|lautet"
    r"|wäre"
    r"|é|seria|è|это|är|jest|to|هي|هو|adalah)\b(?: be\b| to be\b)?|:|=|->|[-–—])+"
)
_FILL = (
    r"(?:(?:most|likely|probably|definitely|clearly|therefore|thus|indeed|still|just|simply|then|option"
    r"|choice"
    r"|letter|answer|the|an?|is|be|both|either|correct|right|best|final|one|la|le|el|a|die|der|opción"
    r"|opcion|opção"
    r"|lettre|l'option|letra|вариант|buchstabe)\b[ :]*|选项|选|字母)"
)
#: Quotes, brackets and blanks that may stand between a cue and what it points at.
_OPEN = r"[\s:\"'“”‘’«<(\[{|\]]{0,12}$"
_VERB = (
    r"\b(?:i(?:'ll| will)? take|choose|chose|choosing|pick|picked|select|selected|selecting|go(?:ing)? (?:with|for)"
    r"|opt(?:ed)? for"
    r"|settle (?:on|for)|stick(?:ing)? with|stay(?:ing)? with|end(?:ed)? up with|changed? my mind to"
    r"|rather say"
    r"|say|meant|mean|answer|conclude|vote for|cevap|cevabım|bet on|lean(?:ing)? (?:towards?|to)"
    r"|(?:aligns?|fits?"
    r"|consistent)"
    r" (?:best )?with|correspond(?:s|ing)? to|match(?:es|ing)?|points? to|(?:best )?(?:described"
    r"|represented"
    r"|classified|identified|characteri[sz]ed|labell?ed) (?:by|as)"
    r"|elijo|escojo|choisis|wähle|escolho|выбираю)\b"
)
_SO = (
    r"(?:\b(?:so|therefore|thus|hence|consequently|accordingly|ergo|overall|in conclusion|in summary"
    r"|actually"
    r"|in the end|ultimately|finally|all in all|we get|we have"
    r"|por (?:lo )?tanto|donc|also|daher|deshalb|darum|somit|folglich|portanto|поэтому)\b|=>|∴|所以|因此|故|综上)"
    r"[,:，]?\s*(?:(?:it|that|this)(?:'s| is| must be| would be)|i(?:'d| would)? (?:say|think))?"
)
_CJK = (
    r"(?:(?:答案|正确选项|选项|选择|答え|回答|正解|정답|답|답변)(?:应该|应|可能)?(?:[是为为選选はは은는:,、]){0,3}"
    r"|而是|(?:应该|应当|肯定|显然|就|才|可能|大概|认为|觉得|我猜)是?(?:选)?"
    r"|[我应该故]?[选選](?:择|擇)?[了:]?)"
)

FINAL_BEFORE = re.compile(
    rf"(?:\b(?:final|definitive|ultimate|corrected|revised|definitiva|finale?|endgültige)\s+(?:{_NOUN})\b"
    rf"|\b(?:respuesta|réponse|resposta) (?:final|finale|definitiva)\b|最终答案|最終的な答え|최종 답)"
    rf"[\"')\s]{{0,4}}(?:{_BE}|[是为は은는])?\s*{_FILL}{{0,5}}{_OPEN}"
)
STATED_BEFORE = re.compile(
    rf"(?:\b(?:{_NOUN})\b(?: [\w'-]{{1,20}}){{0,7}}?[\"')\s]{{0,4}}(?:{_BE}|\n)|{_VERB}|{_SO}|{_CJK}"
    rf"|(?:\A|\n)(?:a|edit|correction):|\bc'est\b"
    rf"|\b(?:nothing other than|none other than|nothing but|if (?:i|you|we) (?:had|have|were|must)(?: to"
    rf"| forced to)? (?:choose|guess|pick|say|decide|answer),?)"
    rf"|\b(?:that )?leav(?:es|ing)(?: us with| only)?\b"
    rf"|\b(?:wait|no|on second thought|scratch that|correction|sorry|instead|i mean)[,:]?"
    rf"|\b(?:sure|certain|confident|positive)(?: that)? (?:it's|it is)\b"
    rf"|\b(?:correct[oa]?|right|best|likely|fitting|richtig|korrekt|правильно)(?: one)? {_BE}"
    rf"|\b(?:is|are|true|right|correct)\s?:|\b(?:answer|choice),? (?:however|therefore|thus|then),? is\b)"
    rf"\s{{0,4}}{_FILL}{{0,5}}{_OPEN}"
)
#: These make a choice only where nothing but an ending or a reason follows ("I think B").
HEDGED_BEFORE = re.compile(
    rf"\b(?:i(?:'d)? (?:think|believe|guess|suspect)|i'm guessing|my guess|maybe|perhaps|possibly"
    rf"|probably|likely|mais|sino|sondern|mas|ma|maar|es|è|é|это|а|definitely|certainly|surely|clearly"
    rf"|obviously"
    rf"|hmm+|well"
    rf"|sounds like|would be|must be|has to be|have to be|hear|heard|but|it's"
    rf"|it is|that's|that is|this is"
    rf"|yes|sure|okay|ok)"
    rf"\b[,:!]?(?: it's| it is)?\s{{0,4}}{_FILL}{{0,3}}{_OPEN}"
)
OPTION_BEFORE = re.compile(
    rf"\b(?:option|choice|answer|letter|opción|variante?|вариант|letra|lettre|buchstabe|r[eé]ponse|antwort|respuesta"
    rf"|resposta|risposta|ответ)\b\s?{_OPEN}|选项{_OPEN}"
)
RIGHT_AFTER = re.compile(
    r"[>)\]}\"'”]{0,3}\s?(?:is\s?(?:[.!\n]|$)|(?:is|are|seems|appears|looks|would be|must be|should be"
    r"|fits|matches)\b"
    r"(?: to be| like| as)?(?: the| my)?(?: final)?(?: most| more| clearly| definitely| indeed| also)?"
    r" (?:correct|right|best|better|answer|choice|pick|guess|likely|accurate|plausible|appropriate"
    r"|suitable|true"
    r"|natural|closest)\b"
    r"|,? (?:alone |it )?(?:wins|works|fits)\b"
    r"|(?:选项|项)(?:\Z|[。，])|(?:选项|项)?(?:是|为|才|才是)?(?:正确|最|对)|\s?(?:です|だと|だ[。\s]|입니다|이에요|예요|이다|이라고)"
    r"|,? (?:(?:with|at) )?\(?\d{1,3} ?%|,? (?:obviously|clearly|certainly|surely)\W*\Z"
    r"|,? i(?:'d)? (?:guess"
    r"|think|believe|say|suppose|reckon)\b|,? (?:probably|for sure|definitely)\b"
    r"|,? (?:and )?(?:definitely |certainly )?not (?=[\"'(<]?[a-z]\b)| it is\b|(?:est|es|ist|é) (?:la |die "
    r"|the )?(?:correct|richtig|certa|bonne|correta))"
)

CORRECTION = re.compile(
    r"\b(?:wait|actually|correction|on second thought|scratch that|strike that|hold on"
    r"|let me (?:re\w{3,12}|correct"
    r"|listen again)|listening again|i mean|i meant|no,|[-–—] no\b|but no\b|hmm,? no|oops|sorry"
    r"|apologi\w{2,4}|my mistake|i was wrong"
    r"|mistake|that should be|make that|should have (?:been|said)|typo|changed? my mind|upon re\w{3,12}"
    r"|\bedit:|however|rather,?|or rather|even so|nonetheless|nevertheless|all the same"
    r"|(?:in spite of|despite) (?:that|this)"
    r"|ou plutôt|non,|mejor dicho|perdón|nein,|besser gesagt|vielmehr|anzi|scusa|нет,|вернее|точнее"
    r"|hayır|pardon|nee,)"
    r"|不对|更正|等等|等一下|重新|应该是|不，|いや|すみません|訂正|아니|नहीं|माफ़|لا،|بل"
)
JOINED = re.compile(
    r"[>)\]}\"'”]{0,2}[.:]?\s{0,2}(?:\([^()\n]{0,40}\)\s?)?(?:,|/|&|\+|、|-)?\s{0,2}(?:(?:or|and|and/or"
    r"|or maybe"
    r"|或者?|和|与|及|か|と|または|또는|ou|oder|und"
    r"|или|et|y|o)"
    r"\b\s?|或者?|和|か|と|または|또는\s?)?(?:either |maybe |rather |plutôt |option |choice "
    r"|possibly )?[\"'“<(\[{]{0,2}"
)
#: An article or pronoun is followed by a noun or verb, so before these words "A" is a letter.
AFTER_LETTER = re.compile(
    r"[>)\]}\"'”]{0,3}\s*(?:$|[.,:;!?()\]}>|/&+\n\u0600-\u06ff\u0900-\u097f\u3000-\u9fff\uac00-\ud7a3]"
    r"|[-–—=]\s"
    r"|(?:because|since|as|and|or|but|ou|oder|o|или|y|e|et|und|are|were|has|with|which|based|due|given"
    r"|for|the"
    r"|this|that|it|i|in|is|was|thanks"
    r"|hope|so"
    r"|seems|fits|matches|rather|instead|not|over|would)\b)",
    re.IGNORECASE,
)
#: What may follow a letter that is only hedged, or a lower-case one: the end, or a reason.
ENDING_AFTER = re.compile(
    r"[>)\]}\"'”*]{0,3}\s*(?:$|[.,:;!?\n\u3000-\u9fff\uac00-\ud7a3]|[-–—]\s|\((?![a-z]\))|(?:because"
    r"|since|as|based|given|due|but|though)\b)"
)
#: "C major" names a key, "B-flat" a note.
NOTE_AFTER = re.compile(
    r"[\s-]?(?:major|minor|sharp|flat|natural)\b|[♯♭#]|大调|小调|和弦|['\"]? is (?:spoken|sung|pronounced|said"
    r"|heard)\b"
)

SERVER_ERROR = re.compile(
    r"\W{0,4}(?:!?doctype html|html\b|(?:[\w.]{0,60}(?:error|exception|warning))\s?(?:code)?\s?[:\-]"
    r"|error code\b"
    r"|\[?\w{0,40}request_failed"
    r"|traceback \(most|internal server error|bad gateway|service unavailable|gateway time-?out"
    r"|too many requests"
    r"|rate limit|request (?:failed|timed out)|api (?:call|request) failed|failed to (?:get|obtain"
    r"|generate|call|fetch)"
    r"|http(?:/1\.\d)? ?[45]\d\d|[45]\d\d (?:client|server|bad|internal|too|service|gateway)|failed after"
    r"|\"?error\"?\s?:|connection (?:error|refused|reset|aborted))",
)

#: Lack of audio, of an ability, or of permission; an offer to help in place of an answer.
REFUSAL = re.compile(
    r"\b(?:i can|i could|happy to|glad to|my best to|how (?:can|may) i) (?:help|assist)\b"
    r"|what would you like (?:me )?to\b|"
    r"(?:can(?:'t|not| not)|won't|will not|unable to|not able to|do(?:n't| not)(?: currently"
    r"| actually)? have the (?:ability|capability)"
    r" to|am not capable of|incapable of|couldn't|could not)"
    r" (?:\w{1,12} ){0,2}?(?:hear|listen|process|analy[sz]e|access|play|perceive|receive|open|help|assist"
    r"|measure|locali[sz]e|evaluate|assess|observe"
    r"|comply|provide|answer)"
    r"|no (?:audio|sound|clip|recording|file|attachment)s?(?: \w{1,10})? (?:was|were|has|have|is|are|file"
    r"|attached|provided)"
    r"|(?:don't|do not|didn't|did not) (?:see|have|receive|hear|find|detect)(?: access to)?(?: an?y?| the)?"
    r" (?:audio|sound|clip|recording|file|attach)"
    r"|(?:please|could you|can you) (?:upload|provide|share|attach|send|re-?upload)"
    r"|(?:please|kindly|go ahead and|could you|can you|when(?:ever)? you)[^.?!]{0,30}? (?:play"
    r"|send) (?:it|them"
    r"|the|your|an?|some)\b"
    r"|(?:i'm|i am) ready (?:to|for|when|whenever)|(?:not|never) (?:directly |easily )?comparable"
    r"|(?:not|isn't|aren't|wasn't) (?:specified|given|stated)\b|cannot be compared|no way to (?:tell"
    r"|know|say)"
    r"|(?:我)?听不到|听不见"
    r"|(?:not|n't have|no|without|lack) (?:enough|sufficient) (?:information|context|detail|audio|data)"
    r"|insufficient (?:information|context|detail|audio|data)"
    r"|(?:audio|sound|clip|recording) is (?:missing|unavailable)|text-based|as an? (?:ai|text"
    r"|large)(?: language)?(?:-based)? (?:model|ai|assistant)?,? ?i (?:can"
    r"|do|am)(?:'t|not|n't| not)"
    r"|(?:audio|clips?|files?) (?:was|were|is|are)(?:n't| not) (?:provided|attached|included|available)"
    r"|against (?:my|the|our) (?:policy|guidelines)"
    r"|(?:无法|不能|没法|没有办法|无法直接)(?:直接)?(?:听|处理|播放|收听|访问|分析|识别|获取|回答)|没有(?:提供|收到|听到|上传)\S{0,4}(?:音频|声音|录音)"
    r"|请(?:提供|上传)"
    r"|(?:no puedo|no me es posible) (?:escuchar|o[ií]r|procesar|analizar|acceder|ayudar|responder)"
    r"|(?:ne peux pas|ne suis pas (?:en mesure|capable)) (?:\S{1,8} )?(?:d'|de )?(?:écouter|entendre"
    r"|traiter|analyser|accéder|aider)"
    r"|kann (?:\S{1,12} ){0,4}(?:nicht|keine?n?) (?:\S{1,16} ){0,2}(?:hören|anhören|verarbeiten"
    r"|analysieren|abspielen|helfen)"
    r"|não (?:posso|consigo) (?:ouvir|escutar|processar|analisar|ajudar)"
    r"|(?:聞く|聴く|再生する|処理する|分析する)ことが?(?:は)?でき(?:ません|ない)|(?:聞け|聞こえ|聴け)ません|音声が?(?:は)?(?:提供|添付)されて"
    r"|(?:들을|재생할|처리할|분석할) 수(?:가|는)? 없|오디오(?:가|를)? (?:없|제공되지)"
    r"|не (?:могу|в состоянии) (?:\S{1,12} )?(?:слышать|услышать|прослушать|слушать|обработать"
    r"|анализировать|помочь)"
    r"|(?:аудио|запись) не (?:был|предостав)"
)
#: A judgement withheld, which an "Unable to determine" option may stand for.
INDECISION = re.compile(
    r"(?:unable|impossible|not possible|insufficient|not enough information|difficult) to (?:determine"
    r"|tell|say|decide|answer|know"
    r"|conclude|identify|judge)|(?:can(?:'t|not| not)|couldn't"
    r"|could not) (?:be )?(?:\w{1,12} )?(?:determine|tell|decide|say|judge"
    r"|identif|conclude)|(?:don't|do not) know|not sure\b|no idea|无法(?:确定|判断)|不知道|不确定"
    r"|no (?:lo )?sé"
    r"|no se puede determinar"
    r"|je ne sais pas|weiß (?:ich |es )?nicht|não sei|わかりません|分かりません|모르겠|не знаю"
    r"|невозможно определить"
)

#: Ends a reply that weighed several options, and chooses none.
UNDECIDED = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|unable to|hard to|difficult to|impossible to|no (?:means|way) (?:of|to)) "
    r"(?:\w+ly |bring myself to )?(?:decid\w{1,3}|choos\w{1,3}|commit|pick|settle"
    r"|tell(?:ing)?(?: (?:them|the two|these two|which|it is|apart)|\W*\Z|,)|distinguish)"
    r"|\b(?:one|either) of (?:those|these|the) two\b|\b(?:a )?toss-?up\b|\btorn\b|\bcoin (?:flip|toss)\b"
    r"|\bback and forth\b|\b(?:can't|cannot) make up my mind\b"
    r"|\bso both\b|\bambiguity (?:can't|cannot) be"
)

#: Turns of phrase with a word that options often have.
ASSENT = re.compile(
    r"\b(?:that's|that is|you're|you are|is that|all) right\b|\A\W*right,|\bright (?=in front|behind"
    r"|next|there|here|above|below|beside|at the)|\bso far\b|\bno\.? ?\d"
    r"|(?:\A|[.!?\n])\s{0,3}(?:first|second|third),? (?=i |we |let|you |the (?:audio|file|question))"
    r"|\bright (?:answer|choice|option|one"
    r"|now|away|after|before)\b|\b(?:a|one|per|split|each|every|this) second\b|\b(?:(?:1st|2nd|3rd|first"
    r"|second"
    r"|third|fourth|last) (?:option|choice|answer|alternative))\b|\b(?:same time|first time|second hand"
    r"|left behind|at first)\b|\bright\?|\bleft (?:over|out)\b|\bno longer\b"
)
#: Takes back what was said, and says nothing in its place.
RETRACTION = re.compile(
    r"\b(?:actually|wait|hmm+|or|but)[,.]{0,3} no[\s.!]*\Z|\bscratch that|\bnever ?mind\b"
    r"|\b(?:strike|disregard|ignore|forget) (?:it|that|this|my (?:last|previous|earlier|first) (?:answer|reply))\b"
    r"(?: ?[(\"'<]?[a-h][)\"'>]?(?!\w))?"
    r"|\bi (?:take|withdraw|retract) (?:it|that|this|my answer)\b(?: back)?"
)
