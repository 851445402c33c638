"""What replies and token counts show: the prober that collects them, and the tests applied to them."""
