"""The kind `dns`: its declaration is kinds/dns.py. dnspython is imported with its first target."""
