"""Questions about tones: an audiogram, and which of two tones is higher, louder or longer."""
