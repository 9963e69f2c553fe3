using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;

namespace Tocsin.Pages;

/// <summary>
/// Turns Markdown that came from outside into HTML that can do nothing: no raw HTML, no images (they would call home),
/// links to http, https and mailto only.
/// </summary>
internal static class SafeMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .DisableHtml()
        .UsePipeTables()
        .UseAutoLinks()
        .Build();

    public static MarkupString Render(string markdown)
    {
        var document = Markdig.Markdown.Parse(markdown, Pipeline);
        foreach (var link in document.Descendants<LinkInline>().ToList())
        {
            Tame(link);
        }

        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            TameAuto(link);
        }

        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            // The page has its own h1 and h2; a description must not break its outline.
            heading.Level = Math.Min(6, heading.Level + 2);
        }

        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.Render(document);
        return new(writer.ToString());
    }

    /// <summary>Whether an address may be a link on our pages.</summary>
    public static bool IsSafe(string? href) =>
        Uri.TryCreate(href, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto";

    private static void Tame(LinkInline link)
    {
        if (link.IsImage || !IsSafe(link.Url))
        {
            var text = new ContainerInline();
            while (link.FirstChild is { } child)
            {
                child.Remove();
                text.AppendChild(child);
            }

            if (link.IsImage && link.Url is { Length: > 0 } url)
            {
                text.AppendChild(new LiteralInline($" (image: {url})"));
            }

            link.ReplaceBy(text, copyChildren: false);
            return;
        }

        link.GetDynamicUrl = null;
        Outside(link.GetAttributes());
    }

    private static void TameAuto(AutolinkInline link)
    {
        if (!link.IsEmail && !IsSafe(link.Url))
        {
            link.ReplaceBy(new LiteralInline(link.Url), copyChildren: false);
            return;
        }

        Outside(link.GetAttributes());
    }

    private static void Outside(HtmlAttributes attributes) => attributes.AddPropertyIfNotExist("rel", "noopener noreferrer nofollow");
}
