"""How a target is measured. It says nothing about up or down."""
