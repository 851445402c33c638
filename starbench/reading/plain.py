"""Take off a reply what only dresses it: markdown, LaTeX, tags, look-alikes."""

from __future__ import annotations

import re
import unicodedata

#: A longer reply is read at its two ends, where a choice stands: time stays bounded.
HEAD, TAIL = 3_000, 12_000

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF, 0xFE0F, 0xAD], ""
)
#: Colours and cursor movements of a terminal.
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("〈《【「『⟨‹〔〖", "<"),
        **dict.fromkeys("〉》】」』⟩›〕〗", ">"),
        **dict.fromkeys("→➜➔➝⇒⟶⟹➡", "->"),
        **dict.fromkeys("‐‑‒−", "-"),
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        "İ": "I",  # its small letter has two characters
        **dict.fromkeys("✓✔☑🗹", "✅"),
        **dict.fromkeys("✗✘✖☒╳", "❌"),
    }
)
#: In turn, what dresses a reply and what to read in its place. An ``in`` test first, as most
#: replies have none of it.
_DRESS = tuple(
    (needle, re.compile(pattern, re.MULTILINE | re.IGNORECASE), plain_form)
    for needle, pattern, plain_form in (
        ("&", r"&lt;", "<"),
        ("&", r"&gt;", ">"),
        ("`", r"`{3,}\w{0,12}|`", ""),
        ("~~", r"~~[^~\n]{1,200}~~", " "),
        ("\\", r"\\boxed\b", "\nfinal answer: "),
        ("\\", r"\\(?:long)?(?:right)?arrow\b|\\to\b", "->"),
        ("\\", r"\\langle\b", "<"),
        ("\\", r"\\rangle\b", ">"),
        ("\\", r"\\[a-z]{2,12}\b|\\[()\[\],;! ]", " "),
        ("\\", r"\\n", "\n"),
        ("$", r"\$", ""),
        ("*", r"\*{1,3}[\"'<(\[]?([A-Z])[\"'>)\]]?([.:)]?)\*{1,3}(?!\w)", r"<\1>\2"),
        ("*", r"(?<=\d)\*(?=\d)|\*{1,3}", ""),
        ("_", r"(?<!\w)_{1,3}|_{1,3}(?!\w)", ""),
        ("[", r"\[[x✅]\]", "✅"),
        ("[", r"\[ \]", "❌"),
        ("(", r"^\s{0,8}\(x\)", "✅"),
        ("(", r"^\s{0,8}\( \)", "❌"),
        ("<html", r"</?html[^<>]{0,200}>", "html "),
        ("<", r"<(s|del|strike)>[^<\n]{1,200}</\1>", " "),
        (
            "<",
            r"<(?:answer|choice|option|response)\s[^<>]{0,40}?=[\"']([A-Z])[\"'][^<>]{0,40}>",
            r"\nfinal answer: <\1>\n",
        ),
        ("<", r"<(?:final_?)?(?:answer|choice|option|letter|response|conclusion)>", "\nfinal answer: "),
        ("</", r"(?-i:<([bipsu])>)(?=[^\n]{0,200}</\1>)", ""),  # bold, not option B
        ("</", r"</[a-z]>", ""),
        ("<", r"</?[a-z][\w-]{1,20}(?:\s[^<>\n]{0,80})?/?>|<\|[^|<>]{1,30}\|>", "\n"),
        (">", r"^\s{0,8}>{1,3}\s", ""),
        ("#", r"^\s{0,8}#{1,6}\s", ""),
        ("-", r"[-–—=]{1,3}>", "->"),
    )
)


def plain(text: str) -> str:
    """What a reader sees of a text: no mark-up and no disguised characters."""
    text = _ANSI.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE).translate(_LOOKALIKES))
        text = text.translate(_LOOKALIKES)
    for needle, pattern, plain_form in _DRESS:
        if needle in text:
            text = pattern.sub(plain_form, text)
    return text.strip()


def shorten(text: str) -> str:
    """Keep the two ends of a reply that is too long."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n\n{text[-TAIL:]}"
