"""What users hand in, as values: written domains, lists, whole submissions, with every fault."""
