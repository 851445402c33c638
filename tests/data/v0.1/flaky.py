"""The models of the frozen runs: they answer in several manners, and every seventh request fails."""

import hashlib

from starbench.errors import TransientError
from starbench.schema import Capabilities, Response, Usage


class Flaky:
    capabilities = Capabilities(max_channels=2, answer_modes=("text", "choice"))

    def generate(self, prompt):
        n = int(hashlib.sha256((prompt.key or prompt.text).encode()).hexdigest(), 16)
        usage = Usage(input_tokens=100 + n % 9, output_tokens=4)
        if not prompt.options:
            return Response(text=f"Something that sounds like {n % 4}.", served_model="flaky-1", usage=usage)
        if n % 7 == 0:
            raise TransientError("the server is down", kind="server")
        letter = prompt.letters[n % len(prompt.options)]
        said = (f"<{letter}>", f"The answer is {letter}.", "I cannot tell.", "", "A or B", f"**{letter}**")
        return Response(text=said[n % 6], finish_reason="stop", served_model="flaky-1", usage=usage)


class OneEar(Flaky):
    capabilities = Capabilities(text_only=False, max_channels=1, max_clips=1)
