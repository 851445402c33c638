"""What replies and token counts show: the session that collects them, and the tests applied to them."""
