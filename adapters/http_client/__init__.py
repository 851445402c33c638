"""What adapters that speak HTTP share: reaching a server, request bodies, the meaning of failures."""
