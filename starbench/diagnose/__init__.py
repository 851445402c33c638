"""Why a model fails: where on its way from the loader to the answer a sound is lost."""
