"""Speed and memory of labsbot beside what it is compared with, measured in one run and shown as ratios."""
