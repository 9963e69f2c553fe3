using System.CommandLine;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>The two options of each long list.</summary>
internal sealed class Paging
{
    public Option<int> Limit { get; } = new("--limit", "-n") { Description = "At most so many", HelpName = "COUNT", DefaultValueFactory = _ => 50 };

    public Option<string?> Cursor { get; } = new("--cursor") { Description = "Go on after an earlier list; it said with what", HelpName = "CURSOR" };

    public Paging() => Limit.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out var count) && count < 1)
        {
            result.AddError("--limit is at least 1.");
        }
    });

    /// <summary>Asks for as many pages as the limit needs and makes one of them.</summary>
    public async Task<Page<T>> ReadAsync<T>(ParseResult parse, Func<string?, int, Task<Page<T>>> list)
    {
        var (items, cursor, limit) = (new List<T>(), parse.GetValue(Cursor), parse.GetValue(Limit));
        do
        {
            var page = await list(cursor, Math.Min(limit - items.Count, TocsinClient.MaxPage));
            items.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null && items.Count < limit);
        return new(items, cursor);
    }

    public static void Announce(ClientRun run, string? nextCursor)
    {
        if (nextCursor is not null)
        {
            run.Aside($"There are more: --cursor {Plain.Line(nextCursor)}, or a larger --limit");
        }
    }
}
