namespace Tocsin.Telemetry;

/// <summary>
/// Finds the template of each line of one workspace as it comes. A line whose changing parts can be told by their looks always gets the same template,
/// whatever came before; lines that differ in a few plain words only are taken together with whichever came first. What it learns is bounded: beyond
/// the bounds lines get the template "other" of their service and level. For one thread at a time.
/// </summary>
internal sealed class TemplateMiner
{
    /// <summary>Of all services together: each look of the detectors reads them all.</summary>
    public const int MostTemplates = 20_000;

    private const int MostServices = 2_000;

    private readonly Dictionary<string, ServiceTemplates> _services = new(StringComparer.Ordinal);
    private ServiceTemplates? _last;
    private int _count;

    /// <summary>All that it knows, in no order.</summary>
    public IEnumerable<MinedTemplate> Known => _services.Values.SelectMany(static s => s.Known);

    /// <param name="at">When the line was written: the first line's is the template's.</param>
    /// <returns>Null: there are too many services to learn this one's lines.</returns>
    public MinedTemplate? Of(string service, LineLevel level, string message, DateTimeOffset at)
    {
        if (ServiceOf(service) is not { } templates)
        {
            return null;
        }

        var before = templates.Count;
        var template = templates.Of(level, message, at, mayLearn: _count < MostTemplates);
        _count += templates.Count - before;
        return template;
    }

    /// <summary>Takes in what another node or an earlier run has stored. What was stored from either side becomes one if it is the same kind of line.</summary>
    public void Add(MinedTemplate stored)
    {
        if (_count < MostTemplates && ServiceOf(stored.Service) is { } templates)
        {
            var before = templates.Count;
            templates.Add(stored);
            _count += templates.Count - before;
        }
    }

    private ServiceTemplates? ServiceOf(string service)
    {
        if (_last is { } last && last.Service == service)
        {
            return last;
        }

        if (!_services.TryGetValue(service, out var found))
        {
            if (_services.Count >= MostServices)
            {
                return null;
            }

            _services[service] = found = new(service);
        }

        return _last = found;
    }
}
