"""What replies say: that there is no sound or no speech, or which sounds were heard.

The patterns are loose on purpose. What counts is whether *every* reply to *every* sound claims that there is
none, which no listener does; and how often sounds are named where they were sent, a sign of hearing, no proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from starbench.canary.evidence.prober import ProbeReply
from starbench.canary.evidence.statistics import matching
from starbench.canary.stimuli.clips import Pair
from starbench.reading import patterns
from starbench.reading.plain import plain

#: What is said to be missing: in English, and in the languages that models answer in most.
_SOUND = "|".join(
    (
        r"audio|sounds?\b|record(?:ing|ed)|clips?\b|wav\b|listen\w*|hear\w*|attach\w*|upload\w*|files?\b",
        r"tones?\b|grabaci[oó]n|archivo|sonido|o[ií]r|escuch\w*|enregistrement|fichier|\bson\b|entend\w*",
        r"écout\w*|aufnahme|datei|\bton\b|hör\w*|klang|gravação|arquivo|áudio|ouv\w*|escut\w*",
        r"registrazione|suono|ascolt\w*|sent\w*|geluid|opname|bestand|hoor\w*|luister\w*",
        r"nagrani\w*|dźwięk\w*|plik\w*|słysz\w*|ses\b|kayıt|dosya|duy\w*",
        r"аудио\w*|запис\w*|звук\w*|файл\w*|слыш\w*",
        "音频|音頻|声音|聲音|录音|錄音|听|聽|音声|録音|聞|聴|オーディオ|ファイル",
        "오디오|음성|소리|녹음|파일|듣|들을|ऑडियो|आवाज़|रिकॉर्डिंग|सुन",
        "صوت|تسجيل|ملف|أسمع|سماع|âm thanh|nghe|เสียง",
    )
)
_NO = "|".join(
    (
        r"\bno\b|\bnot\b|n't\b|cannot|\bnone\b|\bnothing\b|\bwithout\b|unable|missing|lack\w*|empty",
        r"only (?:see|read|text|process)|fail(?:ed|s)?\b|never|unsupported",
        r"\bnada\b|ning[uú]n\w*|\bsin\b|\bpas\b|aucun\w*|impossible|\bkein\w*|\bnicht\b|leider",
        r"\bnão\b|nenhum\w*|\bnon\b|nessun\w*|\bniet\b|\bgeen\b|\bnie\b|brak\b|\bne\b",
        r"değil|yok\b|\w+miyorum|\w+mıyorum|\bне\b|\bнет\b",
        "没|沒|无|無|不|ない|ません|なし|없|못|않|नहीं|لا|ليس|لم|không|ไม่",
    )
)
_ASKS_FOR_SOUND = re.compile(
    r"\btext[- ](?:only|based)\b|\b(?:have|has) no ears\b"
    r"|\bonly (?:see|read|receive|get) (?:the |your )?text\b"
    r"|(?:please|could you|can you|kindly|try|\bneed)\b.{0,40}"
    r"\b(?:re-?)?(?:upload|attach|provide|share|send|supply|paste|describe|transcri)"
    r"|(?:por favor|s'il vous pla[iî]t|veuillez|bitte|per favore|пожалуйста|请|請|ください|주세요|कृपया|يرجى"
    r"|alsjeblieft|proszę|lütfen)",
    re.IGNORECASE | re.DOTALL,
)
_LACKS_SOUND = re.compile(
    rf"(?:{_NO})(?:.{{0,50}}?)(?:{_SOUND})|(?:{_SOUND})(?:.{{0,50}}?)(?:{_NO})", re.IGNORECASE | re.DOTALL
)
#: What a listener may say of a sound: it has no speech, nothing else, no change.
_HEARD_NO_SPEECH_OR_MORE = re.compile(
    r"\b(?:no|not|without|nothing|never)\b (?:any |an? |clear |discernible |audible |further )?"
    r"(?:speech|speaking|voices?|words?|talking|music|melody|background|noise|others?|else|change|more|vocals?)\b",
    re.IGNORECASE,
)
_NO_SPEECH = re.compile(r"\b(?:no|not any|without) (?:\w+ )?(?:speech|spoken words|voices?)\b", re.IGNORECASE)
_LONGEST = 600
#: English words for the sounds of the palette, in its order.
_NAMES = tuple(
    re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for words in (
        r"low|hum|bass|deep|steady tone|tone\b|drone",
        r"beep|chirp|high|alarm|bleep|puls",
        r"nois|hiss|static|white|rain|wind|shh|whoosh",
        r"click|tick|tap|knock|pop|metronome|clap",
        r"glid|glissando|ris|sweep|swoop|slid|siren|ascend|upward|whoop|whistl",
        r"two (?:note|tone)|notes?\b|alternat|warbl|trill|melod",
    )
)


def reports_no_speech(text: str) -> bool:
    """Whether a reply says that no speech is heard, as a transcriber says of every other sound."""
    return bool(_NO_SPEECH.search(plain(text)[:_LONGEST]))


def claims_no_audio(text: str) -> bool:
    """Whether a reply says that there was nothing to hear, or that the model cannot hear."""
    claim = _HEARD_NO_SPEECH_OR_MORE.sub(" ", plain(text)[:_LONGEST])
    return bool(
        patterns.REFUSAL.search(claim.lower()) or _ASKS_FOR_SOUND.search(claim) or _LACKS_SOUND.search(claim)
    )


def palette_matches(replies: Mapping[Pair, Sequence[ProbeReply]]) -> float:
    """p-value for "replies name the two sounds of their own clip no more often than by chance"."""
    fits, own = [], []
    for place, group in enumerate(replies.values()):
        for reply in group:
            is_named = [bool(words.search(reply.text)) for words in _NAMES]
            fits.append([float(is_named[first] + is_named[second]) for first, second in replies])
            own.append(place)
    return matching(np.array(fits), own)
