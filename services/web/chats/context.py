def badges(r): return {}
