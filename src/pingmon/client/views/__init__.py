"""Text for people made of results, a file per view. Nothing here prints or asks."""
