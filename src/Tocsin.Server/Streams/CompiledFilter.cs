using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Streams;

/// <summary>A filter made ready to try many events. For use by many threads.</summary>
internal sealed class CompiledFilter
{
    private readonly StreamFilter _filter;
    private readonly StreamForm _form;
    private readonly IReadOnlyList<CompiledMatcher> _matchers;

    private CompiledFilter(StreamFilter filter, StreamForm form, IReadOnlyList<CompiledMatcher> matchers) => (_filter, _form, _matchers) = (filter, form, matchers);

    public static Result<CompiledFilter> Of(StreamFilter filter, StreamForm form)
    {
        var matchers = CompiledMatcher.CompileAll(filter.Matchers);
        return matchers.Ok ? new CompiledFilter(filter, form, matchers.Value) : matchers.Error;
    }

    public bool Admits(LogRow row)
    {
        if ((_form == StreamForm.Alerts && row.Group is null)
            || (_filter.Kinds.Count > 0 && !Any(_filter.Kinds, row.Kind))
            || (_filter.Subjects.Count > 0 && !Any(_filter.Subjects, row.Subject))
            || (_filter.Groups.Count > 0 && (row.Group is not { } group || !_filter.Groups.Contains(group, StringComparer.Ordinal)))
            || (_filter.Levels.Count > 0 && (row.Level is not { } level || !_filter.Levels.Contains(level, StringComparer.OrdinalIgnoreCase))))
        {
            return false;
        }

        if (_matchers.Count == 0)
        {
            return true;
        }

        var subject = new RouteSubject(row.Labels, Severity.Unset, null, null, "");
        foreach (var matcher in _matchers)
        {
            if (!matcher.IsMatch(subject))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Any(IReadOnlyList<string> patterns, string value)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.EndsWith('*') ? value.AsSpan().StartsWith(pattern.AsSpan(..^1), StringComparison.Ordinal) : string.Equals(pattern, value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
