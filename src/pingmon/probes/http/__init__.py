"""The kind `http`: its declaration is kinds/http.py. Nothing here is imported before its first target."""
