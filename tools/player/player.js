/* Shows one recorded request, step by step. The recording is the JSON in the
 * page (tools/player/page.py says what it is); a step is one call. */
'use strict';

const recording = JSON.parse(find('#recording').textContent);
const steps = recording.steps;
const SIDES = ['c', 'python'];
const LANGUAGES = {c: 'C', python: 'Python'};

/* The step that is shown, from 0; in the address and to the reader, from 1. */
let current = -1;


/* -- The document ------------------------------------------------------- */

function find(selector) {
    return document.querySelector(selector);
}

/* make('a', {class: 'x', href: '#'}, 'text', otherElement, ...) */
function make(tag, attributes = {}, ...content) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.append(...content);
    return element;
}

/* Scrolls the box, and nothing around it, until the element inside is at
 * about a third of its height. */
function reveal(box, element) {
    const inside = element.getBoundingClientRect();
    const around = box.getBoundingClientRect();
    box.scrollTop += inside.top - around.top - around.height / 3;
    box.scrollLeft = 0;
}

function bytes(count) {
    return `${count.toLocaleString('en')} byte${count === 1 ? '' : 's'}`;
}


/* -- The source --------------------------------------------------------- */

const words = (text) => `\\b(?:${text.trim().split(/\s+/).join('|')})\\b`;

const QUOTED = '"(?:\\\\.|[^"\\\\\\n])*"|\'(?:\\\\.|[^\'\\\\\\n])*\'';
const TRIPLE = '"""[^]*?"""|\'\'\'[^]*?\'\'\'';

const GRAMMAR = {
    c: new RegExp([
        '(?<comment>/\\*[^]*?\\*/|//.*)',
        `(?<string>${QUOTED})`,
        '(?<definition>^[A-Za-z_]\\w*(?=\\())',
        `(?<keyword>^ *#.*|${words(`
            auto break case char const continue default do double else enum
            extern float for goto if inline int long register return short
            signed sizeof static struct switch typedef union unsigned void
            volatile while bool true false NULL`)})`,
    ].join('|'), 'gm'),
    python: new RegExp([
        '(?<comment>#.*)',
        `(?<string>(?:\\b[bfr]{1,2})?(?:${TRIPLE}|${QUOTED}))`,
        '(?<definition>(?<=\\b(?:def|class) )\\w+)',
        `(?<keyword>^ *@.*|${words(`
            and as assert async await break class continue def del elif else
            except finally for from global if import in is lambda nonlocal not
            or pass raise return try while with yield None True False`)})`,
    ].join('|'), 'gm'),
};

/* [class, text] of each piece of a source text. */
function* pieces(text, language) {
    let end = 0;
    for (const match of text.matchAll(GRAMMAR[language])) {
        const kind = Object.keys(match.groups).find(
            (name) => match.groups[name] !== undefined);
        yield ['', text.slice(end, match.index)];
        yield [kind, match[0]];
        end = match.index + match[0].length;
    }
    yield ['', text.slice(end)];
}

/* The lines of a source text, each an array of nodes. */
function colouredLines(text, language) {
    const lines = [[]];
    for (const [kind, piece] of pieces(text, language)) {
        piece.split('\n').forEach((part, index) => {
            if (index > 0) {
                lines.push([]);
            }
            if (part !== '') {
                lines.at(-1).push(kind === '' ? part
                    : make('span', {class: kind}, part));
            }
        });
    }
    return lines;
}

/* {line number: the first step that this line of the step's function calls} */
function callsByLine(index, side) {
    const found = {};
    for (let each = index + 1; each < steps.length
         && steps[each].depth > steps[index].depth; each++) {
        if (steps[each].parent === index && steps[each][side].line !== null) {
            found[steps[each][side].line] ??= each;
        }
    }
    return found;
}

/* The source of a step's function. `calling`: the line to highlight. */
function listing(index, side, calling) {
    const source = recording.sources[steps[index][side].source];
    const calls = callsByLine(index, side);
    const code = make('code', {'data-language': source.language});
    colouredLines(source.text, source.language).forEach((nodes, offset) => {
        const number = source.line + offset;
        const title = `${source.file}:${number}`;
        const called = calls[number];
        const label = called === undefined
            ? make('span', {class: 'number', title, 'data-number': number})
            : make('a', {
                class: 'number', 'data-number': number,
                href: `#step=${called + 1}`,
                title: `${title} calls ${steps[called][side].name}`,
                'aria-label': `line ${number}, to ${steps[called][side].name}`,
            });
        code.append(make('span', {
            class: number === calling ? 'line calling' : 'line',
        }, label, make('span', {class: 'text'}, ...nodes, '\n')));
    });
    return make('pre', {tabindex: 0, role: 'group',
                        'aria-label': `Source of ${source.name}`}, code);
}

/* `base_handler.c:117`; the whole path is its title. */
function place(where, prefix = '') {
    return make('span', {class: 'place', title: where},
                prefix + where.split('/').at(-1));
}

/* Where a call comes from that has no caller. */
const BEGINNINGS = {
    program: 'The main program calls it, which each side has in its own way.',
    thread: 'A thread begins here, which this request has of its own.',
    process: 'A process begins here, which this request has of its own.',
};

const FIRST_WORDS = 'Step, or the key →, goes to the next call. Above is the '
    + 'function that is called. Here will be its caller, with the calling '
    + 'line in colour. The button ? says more.';

function callingPlace(call, source) {
    return call.line !== null ? place(`${source.file}:${call.line}`)
        : place(call.via ?? 'the interpreter', 'through ');
}

function showCallee(side) {
    const call = steps[current][side];
    const source = recording.sources[call.source];
    const code = listing(current, side, null);
    find(`#${side} .callee`).replaceChildren(
        make('header', {},
             make('h2', {}, make('small', {}, LANGUAGES[source.language], ' '),
                  make('span', {class: 'name'}, call.name)),
             place(`${source.file}:${source.line}`)),
        make('p', {class: 'arguments'}, call.arguments),
        code);
    const definition = code.querySelector('.definition');
    if (definition !== null
        && definition.offsetTop > code.clientHeight / 2) {
        reveal(code, definition);  /* past a long comment */
    }
}

function showCaller(side) {
    const {parent, begins, [side]: call} = steps[current];
    const box = find(`#${side} .caller`);
    if (parent === null) {
        box.replaceChildren(
            make('header', {}, make('h2', {}, 'The tree begins here')),
            make('p', {class: 'nothing'}, BEGINNINGS[begins]));
        if (current === 0 && side === 'c') {
            box.append(make('p', {class: 'nothing'}, FIRST_WORDS));
        }
        return;
    }
    const caller = steps[parent][side];
    const source = recording.sources[caller.source];
    const code = listing(parent, side, call.line);
    box.replaceChildren(
        make('header', {},
             make('h2', {}, make('small', {}, 'called by '),
                  make('a', {class: 'name', href: `#step=${parent + 1}`},
                       caller.name)),
             callingPlace(call, source)),
        code);
    const calling = code.querySelector('.calling');
    if (calling !== null) {
        reveal(code, calling);
    }
}


/* -- The tree ----------------------------------------------------------- */

const entries = [];  /* the link of each step */

/* `BaseHandler` and `_run`: the class stands back behind the method. */
function parts(name, side) {
    const end = side === 'c' ? name.indexOf('_') : name.lastIndexOf('.');
    return /^_*[A-Z]/.test(name) && end > 0
        ? [make('span', {class: 'class'}, name.slice(0, end)),
           make('span', {class: 'method'}, name.slice(end))]
        : [make('span', {class: 'method'}, name)];
}

function buildTree() {
    const lists = [make('ol')];  /* the list at each depth */
    steps.forEach((step, index) => {
        const link = make('a', {href: `#step=${index + 1}`, tabindex: -1,
                                title: `${step.c.name}\n${step.python.name}`},
                          ...parts(step.c.name, 'c'));
        const item = make('li', {}, link);
        if (step.begins === 'thread' || step.begins === 'process') {
            item.prepend(make('p', {class: 'begins'},
                              `in a ${step.begins} of its own`));
        }
        entries.push(link);
        lists.length = step.depth + 1;
        lists[step.depth].append(item);
        /* for those that it calls, if any */
        if (steps[index + 1]?.depth > step.depth) {
            lists.push(make('ol'));
            item.append(lists.at(-1));
        }
    });
    find('#calls').append(lists[0]);
}

function ancestors(index) {
    const found = [];
    for (let each = steps[index].parent; each !== null;
         each = steps[each].parent) {
        found.push(each);
    }
    return found;
}

function showInTree() {
    const above = new Set(ancestors(current));
    const focused = entries.includes(document.activeElement);
    entries.forEach((link, index) => {
        link.classList.toggle('ancestor', above.has(index));
        if (index === current) {
            link.setAttribute('aria-current', 'step');
        } else {
            link.removeAttribute('aria-current');
        }
        link.tabIndex = index === current ? 0 : -1;
    });
    reveal(find('#calls'), entries[current]);
    if (focused) {
        entries[current].focus({preventScroll: true});
    }
}


/* -- The wire ----------------------------------------------------------- */

const LINES = 100;  /* so many from either end */

/* In the place of what is left out. */
function gap(what) {
    return make('span', {class: 'gap'}, ` … ${what} … `);
}

/* Bytes as text: the ends of the lines visible, what cannot be seen escaped,
 * the middle left out of a very long line, and of very many lines. */
function visible(data) {
    const nodes = [];
    const lines = data.match(/[^\n]*\n|[^\n]+/g) ?? [];
    const leftOut = lines.length - 2 * LINES;
    if (leftOut > 0) {
        lines.splice(LINES, leftOut, null);
    }
    for (const line of lines) {
        if (line === null) {
            nodes.push(gap(`${leftOut.toLocaleString('en')} lines`), '\n');
            continue;
        }
        const [, text, end] = line.match(/^([^]*?)(\r?\n|)$/);
        const shown = text.replace(
            /[^\t -~]/g,
            (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, 0)}`);
        if (shown.length <= 500) {
            nodes.push(shown);
        } else {
            nodes.push(shown.slice(0, 300), gap(bytes(shown.length - 400)),
                       shown.slice(-100));
        }
        if (end !== '') {
            nodes.push(make('span', {class: 'end'},
                            end.replace('\r', '\\r').replace('\n', '\\n')),
                       '\n');
        }
    }
    return nodes;
}

/* Bytes from one place to another, out of a recording that may have only the
 * two ends. */
function part([beginning, leftOut, end], from, to) {
    const rest = beginning.length + leftOut;  /* where the end begins */
    const missing = Math.min(to, rest) - Math.max(from, beginning.length);
    return [...visible(beginning.slice(from, to)),
            ...missing > 0 ? [gap(bytes(missing)), '\n'] : [],
            ...visible(end.slice(Math.max(from - rest, 0),
                                 Math.max(to - rest, 0)))];
}

/* One direction: the header's text, and the data in parts: from where to
 * where, and the class of each. */
function showBytes(id, title, count, data, parts) {
    const text = make('pre', {tabindex: 0, role: 'group',
                              'aria-label': `${title}: bytes`});
    for (const [kind, from, to] of parts) {
        if (to > from) {
            text.append(make('span', {class: kind},
                             ...part(data, from, to)));
        }
    }
    if (data[0] === '') {
        text.append(make('span', {class: 'gap'},
                         'Nothing goes over a socket at any step.'));
    }
    find(`#${id}`).replaceChildren(
        make('header', {}, make('h2', {}, title),
             make('span', {class: 'count'}, count)),
        text);
    text.scrollTop = text.scrollHeight;
}

/* The bytes so far, and as new those that this call moves before the next one
 * begins. Python writes at once what C has in its buffer: it waits there. */
function showWire() {
    const {received, sent} = steps[current];
    showBytes('received', 'Request', `${bytes(received[1])} received`,
              recording.received,
              [['old', 0, received[0]], ['new', ...received]]);
    const [c, python] = [sent.c[1], sent.python[1]];
    const waited = Math.max(c, sent.python[0]);
    showBytes('sent', 'Response', c === python ? `${bytes(c)} sent`
        : `C has sent ${c.toLocaleString('en')}, Python ${bytes(python)}`,
              recording.sent,
              [['old', 0, sent.c[0]], ['new', ...sent.c],
               ['waiting', c, waited], ['waiting new', waited, python]]);
}


/* -- From step to step -------------------------------------------------- */

/* The first step after the current one that is at most so deep. */
function next(depth) {
    let index = current + 1;
    while (index < steps.length - 1 && steps[index].depth > depth) {
        index++;
    }
    return index;
}

const MOVES = {
    back: () => current - 1,
    step: () => current + 1,
    over: () => next(steps[current].depth),
    out: () => next(steps[current].depth - 1),
    first: () => 0,
    last: () => steps.length - 1,
};

function go(index) {
    index = Math.min(Math.max(index, 0), steps.length - 1);
    if (index !== current) {
        current = index;
        show();
    }
    const address = `#step=${current + 1}`;
    if (location.hash !== address) {
        history.replaceState(null, '', address);
    }
}

function move(name) {
    go(MOVES[name]());
}

function show() {
    const step = steps[current];
    for (const side of SIDES) {
        showCallee(side);
        showCaller(side);
    }
    showInTree();
    showWire();
    find('#counter').textContent = `${current + 1} / ${steps.length}`;
    find('#current').textContent = step.c.name;
    find('#slider').value = current + 1;
    find('#slider').style.setProperty(
        '--done', `${100 * current / Math.max(steps.length - 1, 1)}%`);
    find('#slider').setAttribute(
        'aria-valuetext', `${current + 1} of ${steps.length}`);
    find('#back').disabled = current === 0;
    for (const name of ['step', 'over', 'out']) {
        find(`#${name}`).disabled = current === steps.length - 1;
    }
    find('#said').textContent = `Step ${current + 1} of ${steps.length}: `
        + step.c.name + (step.parent === null ? ''
            : `, called by ${steps[step.parent].c.name}`);
}

function stepInAddress() {
    const [, number] = location.hash.match(/^#step=(-?\d+)$/) ?? [null, 1];
    return Number(number) - 1;
}


/* -- Search ------------------------------------------------------------- */

let matches = [];  /* the steps that have been found */

function search() {
    const text = find('#search input').value.trim().toLowerCase();
    matches = [];
    steps.forEach((step, index) => {
        const found = text !== '' && SIDES.some(
            (side) => step[side].name.toLowerCase().includes(text));
        entries[index].classList.toggle('found', found);
        if (found) {
            matches.push(index);
        }
    });
    showFound();
}

function showFound() {
    const text = find('#search input').value.trim();
    const here = matches.indexOf(current);
    find('#found').textContent = text === '' ? ''
        : here < 0 ? `${matches.length} found`
            : `${here + 1} of ${matches.length}`;
}

/* To the next match, or to the one before; round the end. */
function goToMatch(backwards) {
    const target = backwards
        ? matches.findLast((index) => index < current) ?? matches.at(-1)
        : matches.find((index) => index > current) ?? matches[0];
    if (target !== undefined) {
        go(target);
        showFound();
    }
}


/* -- Light and dark ----------------------------------------------------- */

/* A browser may keep nothing for a page from a file. */
function remembered(theme) {
    try {
        if (theme !== undefined) {
            localStorage.setItem('theme', theme);
        }
        return localStorage.getItem('theme');
    } catch {
        return null;
    }
}

function setTheme(theme) {
    if (theme !== null) {
        document.documentElement.dataset.theme = theme;
    }
}

function otherTheme() {
    const dark = document.documentElement.dataset.theme === undefined
        ? matchMedia('(prefers-color-scheme: dark)').matches
        : document.documentElement.dataset.theme === 'dark';
    const theme = dark ? 'light' : 'dark';
    setTheme(theme);
    remembered(theme);
}


/* -- Keys and buttons --------------------------------------------------- */

const KEYS = {
    ArrowRight: () => move('step'), n: () => move('step'),
    ArrowLeft: () => move('back'), p: () => move('back'),
    ArrowDown: () => move('over'), o: () => move('over'),
    ArrowUp: () => move('out'), u: () => move('out'),
    Home: () => move('first'),
    End: () => move('last'),
    ' ': (event) => move(event.shiftKey ? 'back' : 'step'),
    '/': () => find('#search input').select(),
    '?': () => find('#keys').showModal(),
    t: otherTheme,
};

const SCROLL = {ArrowLeft: [-1, 0], ArrowRight: [1, 0],
                ArrowUp: [0, -1], ArrowDown: [0, 1]};

function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey
        || find('dialog[open]') !== null || event.target.matches('input')
        || (event.key === ' ' && event.target.matches('button, pre'))) {
        return;  /* it has a meaning there */
    }
    if (event.shiftKey && event.key in SCROLL) {
        const [x, y] = SCROLL[event.key];
        document.activeElement.scrollBy(40 * x, 40 * y);
    } else if (event.key in KEYS) {
        KEYS[event.key](event);
    } else {
        return;
    }
    event.preventDefault();
}

/* The slider has keys of its own, and letters mean nothing to it. */
function onSliderKey(event) {
    if (event.key in KEYS && event.key.length === 1) {
        KEYS[event.key](event);
        event.preventDefault();
    }
}

function onSearchKey(event) {
    if (event.key === 'Enter') {
        goToMatch(event.shiftKey);
    } else if (event.key === 'Escape') {
        event.target.value = '';
        search();
        entries[current].focus({preventScroll: true});
    } else {
        return;
    }
    event.preventDefault();
}

function showView(name) {
    document.body.dataset.view = name;
    for (const button of document.querySelectorAll('.views button')) {
        button.setAttribute('aria-pressed', button.dataset.show === name);
    }
    show();  /* what was hidden could not be scrolled to */
}

function listen() {
    for (const name of ['back', 'step', 'over', 'out']) {
        find(`#${name}`).addEventListener('click', () => move(name));
    }
    for (const button of document.querySelectorAll('.views button')) {
        button.addEventListener('click', () => showView(button.dataset.show));
    }
    const slider = find('#slider');
    slider.max = steps.length;
    slider.addEventListener('input', () => go(Number(slider.value) - 1));
    slider.addEventListener('keydown', onSliderKey);
    find('#search').addEventListener('submit',
                                     (event) => event.preventDefault());
    find('#search input').addEventListener('input', search);
    find('#search input').addEventListener('keydown', onSearchKey);
    find('#help').addEventListener('click', KEYS['?']);
    find('#theme').addEventListener('click', otherTheme);
    find('#show-licences').addEventListener(
        'click', () => find('#licences').showModal());
    addEventListener('keydown', onKey);
    addEventListener('hashchange', () => go(stepInAddress()));
    addEventListener('resize', show);
}

function start() {
    find('#request').textContent = recording.request;
    find('#application').textContent = `answered by ${recording.application}`
        + ` under Python ${recording.release}`;
    document.title = `${recording.request} · ${recording.application}`;
    find('#copyright').textContent = recording.copyright;
    for (const [title, text] of recording.licences) {
        find('#licences form').before(make('h3', {}, title),
                                      make('pre', {tabindex: 0}, text));
    }
    setTheme(remembered());
    buildTree();
    listen();
    go(stepInAddress());
    showView('c');
}

start();
