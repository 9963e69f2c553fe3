namespace Tocsin.Telemetry;

/// <summary>The tokens under which a block says whose lines it holds.</summary>
internal static class LogFacets
{
    public static ulong Service(string service, LineLevel level) => Of('v', service) + ((ulong)level * 0x9E3779B97F4A7C15);

    public static ulong Source(string source) => Of('s', source);

    public static ulong Environment(string environment) => Of('e', environment);

    public static ulong Template(long template) => Of('t', template.ToString());

    private static ulong Of(char kind, string name) => LogWords.Token($"{kind}{name}");
}

/// <summary>Gathers the facets of a block's lines.</summary>
internal sealed class FacetSet
{
    private const int Bits = 1 << 14;

    private readonly HashSet<(string Service, LineLevel Level)> _services = [];
    private readonly HashSet<string> _sources = new(StringComparer.Ordinal);
    private readonly HashSet<string> _environments = new(StringComparer.Ordinal);
    private readonly HashSet<long> _templates = [];

    public void Add(LogLine line, long template) => Add(line.Service, line.Level, line.Source, line.Environment, template);

    public void Add(LogBlock block)
    {
        for (var i = 0; i < block.Lines; i++)
        {
            Add(block.Service(i), block.Level(i), block.Source(i), block.Environment(i), block.Template(i));
        }
    }

    public byte[] Pack()
    {
        var filter = new TokenFilter(Bits);
        foreach (var (service, level) in _services)
        {
            filter.Add(LogFacets.Service(service, level));
        }

        foreach (var source in _sources)
        {
            filter.Add(LogFacets.Source(source));
        }

        foreach (var environment in _environments)
        {
            filter.Add(LogFacets.Environment(environment));
        }

        foreach (var template in _templates)
        {
            filter.Add(LogFacets.Template(template));
        }

        return filter.Pack();
    }

    private void Add(string service, LineLevel level, string source, string environment, long template)
    {
        _services.Add((service, level));
        _sources.Add(source);
        _environments.Add(environment);
        _templates.Add(template);
    }
}
