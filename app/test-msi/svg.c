/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "svg.h"

static const char *const classes[] = {
	[SVG_DOT] = "a", [SVG_SQUARE] = "b", [SVG_TRIANGLE] = "c",
	[SVG_DIAMOND] = "d",
};

static void
escape(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		default:
			/* XML has no control characters, and its text is UTF-8. */
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', f);
		}
}

void
svg_begin(FILE *f, unsigned int width, unsigned int height, const char *title,
		const char *about)
{
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\""
		" viewBox=\"0 0 %u %u\" role=\"img\" aria-labelledby=\"title desc\">\n"
		"<title id=\"title\">", width, height, width, height);
	escape(f, title);
	fputs("</title>\n<desc id=\"desc\">", f);
	escape(f, about);
	fprintf(f, "</desc>\n<style>\n"
		"text { font: 14px sans-serif; fill: black }\n"
		".grid { stroke: #ccc }\n.axis { stroke: black }\n"
		".a, .b, .c, .d { stroke: black; stroke-width: 2; fill: none }\n"
		".b { stroke-dasharray: 9 5 }\n.c { stroke-dasharray: 2 4 }\n"
		".d { stroke-dasharray: 12 4 2 4 }\n"
		".m { stroke: black; stroke-width: 1.5; fill: white }\n.f { fill: black }\n"
		".p0, .p1, .p2, .p3, .p4 { stroke: black }\n.p0 { fill: #555 }\n"
		".p1 { fill: white }\n.p2 { fill: black }\n.p3 { fill: #ddd }\n"
		".p4 { fill: #999 }\n"
		"</style>\n<rect width=\"%u\" height=\"%u\" fill=\"white\"/>\n", width, height);
}

void
svg_end(FILE *f)
{
	fputs("</svg>\n", f);
}

void
svg_text(FILE *f, double x, double y, enum svg_anchor anchor, const char *text)
{
	static const char *const anchors[] = {
		[SVG_START] = "start", [SVG_MIDDLE] = "middle", [SVG_END] = "end",
	};

	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchors[anchor]);
	escape(f, text);
	fputs("</text>\n", f);
}

void
svg_text_up(FILE *f, double x, double y, const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\""
		" transform=\"rotate(-90 %.1f %.1f)\">", x, y, x, y);
	escape(f, text);
	fputs("</text>\n", f);
}

void
svg_line(FILE *f, double x0, double y0, double x1, double y1, const char *class)
{
	fprintf(f, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		class, x0, y0, x1, y1);
}

void
svg_rect(FILE *f, double x, double y, double width, double height, const char *class)
{
	fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x, y, width, height);
}

void
svg_box(FILE *f, double x, double y, double width, double height, const char *class,
		const char *title)
{
	fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
		"<title>", class, x, y, width, height);
	escape(f, title);
	fputs("</title></rect>\n", f);
}

static void
put_mark(FILE *f, double x, double y, enum svg_mark mark)
{
	switch (mark) {
	case SVG_SQUARE:
		svg_rect(f, x - 4.5, y - 4.5, 9, 9, "m");
		break;
	case SVG_TRIANGLE:
		fprintf(f, "<path class=\"m\" d=\"M%.1f %.1fl5.5 10h-11z\"/>\n", x, y - 6);
		break;
	case SVG_DIAMOND:
		fprintf(f, "<path class=\"m\" d=\"M%.1f %.1fl6 6-6 6-6-6z\"/>\n", x, y - 6);
		break;
	default:
		fprintf(f, "<circle class=\"f\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>\n", x, y);
	}
}

void
svg_path(FILE *f, const double *x, const double *y, size_t n, enum svg_mark mark)
{
	size_t i;

	fprintf(f, "<polyline class=\"%s\" points=\"", classes[mark]);
	for (i = 0; i < n; i++)
		fprintf(f, "%s%.1f,%.1f", i > 0 ? " " : "", x[i], y[i]);
	fputs("\"/>\n", f);
	for (i = 0; i < n; i++)
		put_mark(f, x[i], y[i], mark);
}
