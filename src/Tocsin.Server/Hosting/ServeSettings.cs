namespace Tocsin.Hosting;

/// <summary>How the server is started. Null members are read from the configuration, then have the default named here.</summary>
public sealed record ServeSettings
{
    /// <summary>The data folder. Default <c>./data</c>.</summary>
    public string? Data { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons. Default <c>http://127.0.0.1:8080</c>.</summary>
    public string? Urls { get; init; }

    /// <summary><c>postgres://…</c>; default: the embedded store in the data folder. Also read from <c>DATABASE_URL</c>.</summary>
    public string? Database { get; init; }

    /// <summary>A YAML file, or a folder of them, that declares the estate.</summary>
    public string? Estate { get; init; }

    /// <summary><c>api</c>, <c>work</c> or both, separated by a comma. Default both.</summary>
    public string? Roles { get; init; }
}
