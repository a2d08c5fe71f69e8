"""Trained weights; models.json is their registry."""
