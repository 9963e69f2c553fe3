namespace Tocsin.Telemetry;

/// <summary>What one entry may hold. Longer texts are cut by whoever reads them, with a mark; numbers of things beyond are left out.</summary>
public static class TelemetryLimits
{
    /// <summary>Characters of a message, stack trace included.</summary>
    public const int Message = 32 * 1024;

    /// <summary>Characters of a JSON object of attributes.</summary>
    public const int Attributes = 16 * 1024;

    /// <summary>Characters of the names of services, sources, environments, metrics and traces.</summary>
    public const int Name = 255;

    /// <summary>Tags of a metric.</summary>
    public const int Tags = 32;

    /// <summary>Entries of one request.</summary>
    public const int Batch = 50_000;
}
