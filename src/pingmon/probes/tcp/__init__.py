"""The probe kind `tcp`: whether a port takes connections."""
