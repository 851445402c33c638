"""Slow references for the rendering of rooms, and the figures by which two responses are compared.

Written apart from ``synth/``: nothing is imported from it. What is rendered comes in as plain arrays (the
offsets, distances and gains of images) and as a head that answers ``at`` and ``clamp``; every image is
rendered by itself, in its own direction, at its own time. Tests and ``validate.py`` load this file by path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPEED_OF_SOUND = 343.0

#: Window of one arrival, samples; a phase moves its filter by less than a sample in the middle of it.
WINDOW = 1024
MARGIN = 256
#: The same where filters for octaves ring before and after.
OCTAVE_WINDOW, OCTAVE_MARGIN = 1536, 640
OCTAVES_HZ = 125.0 * 2.0 ** np.arange(8)


@dataclass(frozen=True, eq=False)
class Exact:
    """Direct sound and all else, (channels, n); the direct sound is at the head's middle at ``lead``."""

    direct: np.ndarray
    rest: np.ndarray
    rate: int
    lead: int


def oracle_brir(head, images, rate: int, octaves: np.ndarray | None = None) -> Exact:
    """Full-order binaural response: each image with filters interpolated for it alone, each delay exact.

    About 8 s for the 240,000 images of 0.5 s in 90 m³. Reflections out of the head's reach are clamped, by
    the policy that the renderer states; whether the direct sound may be heard at all is the head's to say.
    With ``octaves``, shape (n, 8), the amplitudes of each image in each octave, each also has its own filter,
    and the images' own gains are not read.
    """
    assert head.rate == rate
    window, margin = (WINDOW, MARGIN) if octaves is None else (OCTAVE_WINDOW, OCTAVE_MARGIN)
    lead = WINDOW
    times = (images.distances - images.distances[0]) / SPEED_OF_SOUND * rate + lead
    n = int(times.max()) + 2 * window
    direct, rest = np.zeros((2, n)), np.zeros((2, n))
    _each_alone(direct, head, images.offsets[:1], 1.0 / images.distances[:1], times[:1], WINDOW, MARGIN)
    for start in range(1, len(times), 4096):
        part = slice(start, start + 4096)
        directions = head.clamp(images.offsets[part])
        if octaves is None:
            _each_alone(rest, head, directions, images.gains[part], times[part], window, margin)
        else:
            own = octave_spectra(octaves[part], np.fft.rfftfreq(window, 1.0 / rate))
            _each_alone(rest, head, directions, np.ones(len(own)), times[part], window, margin, own)
    return Exact(direct, rest, rate, lead)


def _each_alone(out, head, directions, gains, times, window, margin, own_filters=1.0) -> None:
    delays, filters = head.at(directions)
    radians = 2.0 * np.pi * np.fft.rfftfreq(window)
    padded = np.zeros((*filters.shape[:2], window), np.float32 if np.ndim(own_filters) else np.float64)
    padded[..., margin : margin + filters.shape[-1]] = filters * gains[:, None, None]
    starts = times[:, None] + delays * head.rate - head.lead - margin
    whole = np.floor(starts).astype(int)
    for ear in range(2):
        fraction = starts[:, ear] - whole[:, ear]
        spectra = np.fft.rfft(padded[:, ear])
        spectra *= np.exp(np.outer(-1j * fraction, radians).astype(spectra.dtype))
        spectra *= own_filters
        for first, piece in zip(whole[:, ear], np.fft.irfft(spectra, window), strict=True):
            out[ear, first : first + window] += piece


def octave_amplitudes(images, room, source_m, absorption, air_db_per_m) -> np.ndarray:
    """Amplitude of each image in each octave, (n, 8), counted afresh from where each image is.

    ``absorption``, (3, 8), is the part of the energy that walls, floor and ceiling take in each octave. An
    image at 2kL + s on an axis was reflected |k| times at either end, one at 2kL - s |k - 1| times at 0 and |k|
    times at L. The air takes its part on the way beyond that of the direct sound.
    """
    angle = np.radians(room.facing_deg)
    front, left, up = images.offsets.T
    turned = np.array(
        [np.cos(angle) * front + np.sin(angle) * left, np.cos(angle) * left - np.sin(angle) * front, up]
    )
    places = turned + np.array(room.listener_m)[:, None]
    walls, floor, ceiling = np.zeros((3, len(images.distances)))
    for axis, (place, size, source) in enumerate(zip(places, room.size_m, source_m, strict=True)):
        even, odd = (place - source) / (2 * size), (place + source) / (2 * size)
        is_even = np.abs(even - np.round(even)) < np.abs(odd - np.round(odd))
        period = np.round(np.where(is_even, even, odd))
        at_zero = np.abs(period - ~is_even)
        if axis < 2:
            walls += at_zero + np.abs(period)
        else:
            floor, ceiling = at_zero, np.abs(period)
    lost_db = np.stack([walls, floor, ceiling], axis=1) @ (-10.0 * np.log10(1.0 - np.asarray(absorption)))
    lost_db += np.outer(images.distances - images.distances[0], air_db_per_m)
    return 10.0 ** (-lost_db / 20.0) / images.distances[:, None]


def octave_spectra(amplitudes: np.ndarray, hertz: np.ndarray) -> np.ndarray:
    """Real spectra, (n, len(hertz)), through amplitudes in the octaves, (n, 8).

    Between the middles of octaves the level in dB follows a raised cosine over the logarithm of frequency.
    """
    away = np.log2(np.maximum(hertz, 1e-3) / OCTAVES_HZ[:, None])
    away[0], away[-1] = np.maximum(away[0], 0.0), np.minimum(away[-1], 0.0)
    shares = np.where(np.abs(away) < 1.0, 0.5 + 0.5 * np.cos(np.pi * away), 0.0)
    return np.exp((np.log(amplitudes) @ shares).astype(np.float32))


def mic_spectra(images, microphones_m, rate: int, lead: int, hertz: np.ndarray, octaves=None) -> np.ndarray:
    """Sums of exact phases over every image, direct sound included: (microphones, len(hertz)).

    ``octaves`` are the images' amplitudes in the octaves, as for :func:`oracle_brir`.
    """
    pulses = images.gains[:, None] if octaves is None else octave_spectra(octaves, hertz)
    found = []
    for microphone in np.asarray(microphones_m, dtype=float):
        distances = np.linalg.norm(images.offsets - microphone, axis=1)
        seconds = (distances - images.distances[0]) / SPEED_OF_SOUND + lead / rate
        nearer = (images.distances / distances)[:, None]
        found.append(_phase_sums((pulses * nearer)[None], seconds, hertz)[0])
    return np.array(found)


def foa_spectra(images, rate: int, lead: int, hertz: np.ndarray, octaves=None) -> np.ndarray:
    """The same for W, Y, Z, X, (4, len(hertz))."""
    pulses = images.gains[:, None] if octaves is None else octave_spectra(octaves, hertz)
    x, y, z = images.offsets.T / images.distances
    seconds = (images.distances - images.distances[0]) / SPEED_OF_SOUND + lead / rate
    return _phase_sums(np.array([np.ones_like(x), y, z, x])[..., None] * pulses, seconds, hertz)


def _phase_sums(weights, seconds, hertz) -> np.ndarray:
    """Sums over n images of weights (channels, n, 1 or len(hertz)) with exact phases."""
    last = weights.shape[2] - 1
    return np.array(
        [weights[..., min(k, last)] @ np.exp(-2j * np.pi * f * seconds) for k, f in enumerate(hertz)]
    ).T


def spectra_of(response: np.ndarray, rate: int, hertz: np.ndarray) -> np.ndarray:
    """Fourier transform of (channels, n) at any frequencies, (channels, len(hertz))."""
    samples = np.arange(response.shape[1])
    return np.array([response @ np.exp(-2j * np.pi * f / rate * samples) for f in hertz]).T


def error_db(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Energy of the difference of spectra over the energy of the exact ones, dB, for each channel."""
    difference = np.abs(got - exact) ** 2
    return 10.0 * np.log10(difference.sum(axis=1) / (np.abs(exact) ** 2).sum(axis=1))


#: Ratios and decays leave out what is below, Hz. In free-field channels every reflection arrives with the
#: same sign, so that at 0 Hz they all add up: a mode of the model's rigid walls that no one hears, with most
#: of the energy of a long response. A measured head passes nothing there.
ABOVE_HZ = 50.0


def drr_db(response, above_hz: float = ABOVE_HZ) -> np.ndarray:
    """Energy of the direct sound over that of the rest, dB, for each channel."""
    direct, rest = (
        np.sum(_high(signals, response.rate, above_hz) ** 2, axis=1)
        for signals in (response.direct, response.rest)
    )
    return 10.0 * (np.log10(np.maximum(direct, 1e-30)) - np.log10(np.maximum(rest, 1e-30)))


def _high(signals: np.ndarray, rate: int, above_hz: float) -> np.ndarray:
    """Signals without what is below half of ``above_hz``; a raised cosine in frequency up to it."""
    if above_hz <= 0:
        return signals
    size = 2 * signals.shape[1]  # what rings before the start is folded there, and is cut off
    hertz = np.arange(size // 2 + 1) * rate / size
    pass_ = 0.5 - 0.5 * np.cos(np.pi * np.clip(2.0 * hertz / above_hz - 1.0, 0.0, 1.0))
    return np.fft.irfft(np.fft.rfft(signals, size) * pass_, size)[:, : signals.shape[1]]


def erb_edges_hz(low_hz: float = 100.0, high_hz: float = 16_000.0) -> np.ndarray:
    """Edges of bands one equivalent rectangular bandwidth wide (Glasberg & Moore 1990)."""
    number = 21.4 * np.log10(1.0 + 0.00437 * np.array([low_hz, high_hz]))
    edges = np.linspace(*number, int(number[1] - number[0]) + 1)
    return (10.0 ** (edges / 21.4) - 1.0) / 0.00437


def erb_ild_db(response) -> np.ndarray:
    """Level of the right ear over the left in each ERB band, dB; direct sound and rest together."""
    whole = response.direct + response.rest
    power = np.abs(np.fft.rfft(whole, axis=1)) ** 2
    hertz = np.arange(power.shape[1]) * response.rate / whole.shape[1]
    bands = np.searchsorted(hertz, erb_edges_hz())
    left, right = np.add.reduceat(power, bands, axis=1)[:, :-1]
    return 10.0 * np.log10(right / left)


def octave(response, middle_hz: float) -> Exact:
    """One octave of a response: a raised cosine over the logarithm of frequency, half as high at its edges."""

    def cut(signals: np.ndarray) -> np.ndarray:
        size = signals.shape[1] + 4096  # what rings before the start is folded there
        hertz = np.arange(size // 2 + 1) * response.rate / size
        away = np.abs(np.log2(np.maximum(hertz, 1e-3) / middle_hz))
        pass_ = 0.5 + 0.5 * np.cos(np.pi * np.clip(2.0 * away - 0.5, 0.0, 1.0))
        return np.fft.irfft(np.fft.rfft(signals, size) * pass_, size)[:, : signals.shape[1]]

    return Exact(cut(response.direct), cut(response.rest), response.rate, response.lead)


def t30_s(response, above_hz: float = ABOVE_HZ) -> np.ndarray:
    """Reverberation time of each channel from the line through its decay from -5 to -35 dB, s."""
    power = _high(response.direct + response.rest, response.rate, above_hz) ** 2
    left = np.flip(np.cumsum(np.flip(power, axis=1), axis=1), axis=1)
    found = []
    for curve in 10.0 * np.log10(np.maximum(left, 1e-30)) - 10.0 * np.log10(np.maximum(left[:, :1], 1e-30)):
        inside = np.flatnonzero((curve <= -5.0) & (curve >= -35.0))
        if not inside.size:  # a channel that hears nothing, such as Z where all is mirrored at ear level
            found.append(np.nan)
            continue
        slope = np.polyfit(inside / response.rate, curve[inside], 1)[0]
        found.append(-60.0 / slope)
    return np.array(found)


def itd_us(response) -> float:
    """By how much the right ear leads in the direct sound, µs: peak of the cross-correlation to 1.5 kHz."""
    n = 1 << 16  # one grid of frequencies for responses of any length
    left, right = np.fft.rfft(response.direct, n, axis=1)
    hertz = np.arange(left.size) * response.rate / n
    low = hertz < 1500.0
    lags = np.arange(-1200.0, 1200.0, 2.0)
    curve = (np.exp(2e-6j * np.pi * np.outer(lags, hertz[low])) @ (left * np.conj(right))[low]).real
    peak = int(np.argmax(curve))
    before, at, after = curve[peak - 1 : peak + 2]
    return float(lags[peak] + (before - after) / (before - 2.0 * at + after))
