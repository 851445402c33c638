"""What adapters of hosted models share: reaching a server, request bodies, the meaning of failures."""
