"""Does sound reach the model? Probes sent before the first question, and what their replies prove.

``run`` probes a model through its client, ``diagnose`` decides what to ask and reads the replies;
``stimuli`` are what is sent, ``evidence`` is what came back, ``verdicts`` are what follows from it.
"""
