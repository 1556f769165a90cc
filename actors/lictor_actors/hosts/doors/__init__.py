"""The doors by which those come in whom the cluster cannot dial."""
