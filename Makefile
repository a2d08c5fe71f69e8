# Everything runs in .venv, which the first target sets up; nothing outside the folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test screen grid gallery styles practise table clean

demo: $(VENV)/installed
	@$(BIN)/adain image docs/samples/palace.jpg -s starry-night -s stained-glass -s pointillism -s ink-wash -o demo/ --overwrite
	@$(BIN)/python docs/sheet.py --columns 5 demo/sheet.jpg docs/samples/palace.jpg demo/palace_stylized_*.png
	@echo "your pictures: $(CURDIR)/demo/sheet.jpg"

# One thread a process: the tests' pictures are small, and two threads would only wait for each other.
test: $(VENV)/installed-dev screen
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# The webcam's window is tested on a virtual screen: installed where that may be done, else those tests are skipped.
SCREEN_TOOLS := Xvfb xdotool openbox
screen:
	@(for tool in $(SCREEN_TOOLS); do command -v $$tool || exit 1; done) >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends xvfb xdotool openbox; \
	} >/dev/null 2>&1 || echo "no virtual screen ($(SCREEN_TOOLS)): the window's tests will be skipped"

grid: $(VENV)/installed
	$(BIN)/python docs/grid.py docs/grid.jpg
	$(BIN)/adain styles --sheet docs/styles.jpg --overwrite

gallery: $(VENV)/installed
	$(BIN)/python docs/gallery.py

styles: $(VENV)/installed
	$(BIN)/python -m adain.styles.paint --out styles

# What `fast` knows of the built-in styles, learned on a folder of photos: after its weights have changed; an hour.
practise: $(VENV)/installed
	$(BIN)/python -m adain.styles.practise $(PHOTOS) $(if $(TEACHER),--teacher $(TEACHER))

# The field's table: minutes. TABLE='--quick', or '--resume' to go on; see docs/table.py.
table: $(VENV)/installed-dev
	$(BIN)/python docs/table.py $(TABLE)

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info
