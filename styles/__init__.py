"""The built-in style pictures, and the script that paints them."""
