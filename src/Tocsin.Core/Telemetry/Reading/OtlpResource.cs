using System.Text;

namespace Tocsin.Telemetry;

/// <summary>What OTLP says once for many entries: where they are from.</summary>
internal sealed class OtlpResource
{
    private const int MostBytes = 2 * 1024;

    /// <summary>The service, after its namespace if it has one: <c>shop/checkout</c>.</summary>
    public string Service { get; private init; } = "";

    public string Environment { get; private init; } = "";

    public string Host { get; private init; } = "";

    /// <summary>What tells two processes of a service apart; empty when nothing does.</summary>
    public string Instance { get; private init; } = "";

    /// <summary>All else as a JSON object; empty when there is nothing.</summary>
    public byte[] Rest { get; private init; } = [];

    /// <summary>One record, metric or span, with where it is from.</summary>
    /// <returns>False: enough.</returns>
    internal delegate bool Entry(ReadOnlySpan<byte> entry, OtlpResource resource, string scope);

    /// <summary>Goes through a request, which is alike for logs, metrics and traces: by resource, by scope, entry by entry.</summary>
    /// <returns>False: an entry said that it is enough.</returns>
    /// <exception cref="OtlpFormatException">It is no such request.</exception>
    public static bool Each(ReadOnlySpan<byte> request, NamePool names, Entry take)
    {
        for (var root = new ProtoReader(request); root.Next();)
        {
            if (root.Field != 1)
            {
                continue;
            }

            var ofResource = root.Bytes();
            var resource = Of(ofResource, names);
            for (var scopes = new ProtoReader(ofResource); scopes.Next();)
            {
                if (scopes.Field != 2)
                {
                    continue;
                }

                var ofScope = scopes.Bytes();
                var scope = ScopeOf(ofScope, names);
                for (var entries = new ProtoReader(ofScope); entries.Next();)
                {
                    if (entries.Field == 2 && !take(entries.Bytes(), resource, scope))
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }

    /// <param name="message">What holds the resource in its first field: the logs, metrics or spans of one.</param>
    private static OtlpResource Of(ReadOnlySpan<byte> message, NamePool names)
    {
        var (name, space, environment, host, instance, pod) = ("", "", "", "", "", "");
        var rest = new AttributeWriter(MostBytes);
        for (var outer = new ProtoReader(message); outer.Next();)
        {
            if (outer.Field != 1 || !outer.IsBytes)
            {
                continue;
            }

            for (var resource = new ProtoReader(outer.Bytes()); resource.Next();)
            {
                if (resource.Field != 1)
                {
                    continue;
                }

                var key = OtlpValue.KeyValue(resource.Bytes(), names, out var value);
                switch (key)
                {
                    case "service.name":
                        name = OtlpValue.Text(value, TelemetryLimits.Name);
                        break;
                    case "service.namespace":
                        space = OtlpValue.Text(value, TelemetryLimits.Name);
                        break;
                    case "deployment.environment.name" or "deployment.environment":
                        environment = OtlpValue.Text(value, TelemetryLimits.Name);
                        break;
                    case "service.instance.id":
                        instance = OtlpValue.Text(value, TelemetryLimits.Name);
                        OtlpValue.Write(key, value, rest);
                        break;
                    case "host.name":
                        host = OtlpValue.Text(value, TelemetryLimits.Name);
                        OtlpValue.Write(key, value, rest);
                        break;
                    case "k8s.pod.name":
                        pod = OtlpValue.Text(value, TelemetryLimits.Name);
                        OtlpValue.Write(key, value, rest);
                        break;
                    default:
                        // What made the entry is of no use to whoever reads it.
                        if (!key.StartsWith("telemetry.", StringComparison.Ordinal))
                        {
                            OtlpValue.Write(key, value, rest);
                        }

                        break;
                }
            }
        }

        return new()
        {
            Service = FittedText.Name(space.Length > 0 && name.Length > 0 ? $"{space}/{name}" : name),
            Environment = environment,
            Host = host,
            Instance = instance.Length > 0 ? instance : pod.Length > 0 ? pod : host,
            Rest = Encoding.UTF8.GetBytes(rest.Take()),
        };
    }

    /// <summary>The name of the scope, such as a logger's.</summary>
    /// <param name="message">What holds the scope in its first field.</param>
    private static string ScopeOf(ReadOnlySpan<byte> message, NamePool names)
    {
        for (var outer = new ProtoReader(message); outer.Next();)
        {
            if (outer.Field != 1 || !outer.IsBytes)
            {
                continue;
            }

            for (var scope = new ProtoReader(outer.Bytes()); scope.Next();)
            {
                if (scope.Field == 1)
                {
                    return names.Of(scope.Bytes());
                }
            }
        }

        return "";
    }
}
