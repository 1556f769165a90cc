"""Actors, turns, effects and supervision: pure, and read in one sitting."""
