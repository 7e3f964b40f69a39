"""Fast, trustworthy backend for stations of the DIM network."""
