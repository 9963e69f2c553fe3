using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tocsin.Routing;

namespace Tocsin.Streams;

/// <summary>
/// Which events a subscriber wants. Each list holds alternatives, and an empty one admits all; an event must pass every list, and every matcher.
/// </summary>
internal sealed record StreamFilter
{
    public static StreamFilter Everything { get; } = new();

    /// <summary>Groups of published alerts; other events have none and do not pass.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Levels of published alerts, in any case.</summary>
    public IReadOnlyList<string> Levels { get; init; } = [];

    /// <summary>Kinds of events; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Subjects of events; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>All must hold. What names stand for: <see cref="LogRow.Labels"/>.</summary>
    public IReadOnlyList<Matcher> Matchers { get; init; } = [];

    /// <summary>Equal for filters that admit the same, so that those who ask alike share one stream.</summary>
    public string Key
    {
        get
        {
            var text = new StringBuilder();
            foreach (var list in (IReadOnlyList<string>[])[Groups, Levels, Kinds, Subjects, [.. Matchers.Select(MatcherText.Format)]])
            {
                foreach (var value in list.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
                {
                    text.Append(CultureInfo.InvariantCulture, $"{value.Length}:{value}");
                }

                text.Append(';');
            }

            return text.ToString();
        }
    }

    /// <summary>Reads <c>group</c>, <c>level</c>, <c>kind</c>, <c>subject</c> and <c>match</c>, each of which may repeat.</summary>
    /// <returns>The filter; or what is wrong with a matcher.</returns>
    public static Result<StreamFilter> Read(IQueryCollection query) => Of(query["group"], query["level"], query["kind"], query["subject"], query["match"]);

    /// <param name="match">Matchers as Alertmanager writes them, each text one or several.</param>
    /// <returns>The filter; or what is wrong with a matcher.</returns>
    public static Result<StreamFilter> Of(string?[]? group, string?[]? level, string?[]? kind, string?[]? subject, string?[]? match)
    {
        List<Matcher> matchers = [];
        foreach (var text in Given(match))
        {
            var parsed = MatcherText.Parse(text);
            if (!parsed.Ok)
            {
                return parsed.Error;
            }

            matchers.AddRange(parsed.Value);
        }

        return new StreamFilter { Groups = Given(group), Levels = Given(level), Kinds = Given(kind), Subjects = Given(subject), Matchers = matchers };
    }

    private static string[] Given(string?[]? values) => [.. (values ?? []).Where(value => !string.IsNullOrEmpty(value)).Select(value => value!)];
}
