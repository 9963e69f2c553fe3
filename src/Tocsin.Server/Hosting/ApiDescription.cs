using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Hosting;

/// <summary>
/// The OpenAPI document of the native API. Paths, schemas and texts come from the handlers, the wire records and their comments; what
/// holds for many operations alike (errors, credentials, cursors) is added here by rule, so that it cannot be forgotten.
/// </summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer";
    private const string Header = "header";
    private const string Session = "session";
    private const string ProblemJson = "application/problem+json";

    private static readonly (string Name, string Description)[] _tags =
    [
        ("Incidents", "What people work on: one or more alerts that belong together."),
        ("Alerts", "What sources reported, as they last told it."),
        ("Pages", "Every notification of every incident, with each attempt's outcome."),
        ("Stream", "Alerts that are published for whoever listens, at the addresses of the alert server."),
        ("Events", "The append-only log of everything that happened, as a list and live."),
        ("On call", "Who is called now, or at another time."),
        ("Reports", "What happened over a span of time, as figures; also as CSV."),
        ("Telemetry", "Logs and metrics as programs send them."),
        ("Logs", "Lines of logs: found, counted, followed as they come, and the templates that they are made of."),
        ("Detection", "Detectors of trouble in logs and metrics, what they found, and the rules of the reliability assistant."),
        ("Metrics", "What services measured: series, their values over time, services at a glance."),
        ("Traces", "Requests on their way through services."),
        ("Routing", "Why somebody was, or would be, paged."),
        ("Silences", "What is muted, and what a silence would mute."),
        ("Sources", "Where alerts come from, what was delivered, and where to deliver it."),
        ("Replies", "What people answer in chat systems and on phones, as those systems send it."),
        ("Contact tests", "Whether a message arrives, by the provider's own answer."),
        ("Devices", "The browsers and apps on which a person is paged."),
        ("Estate", "Everything that people configure, as YAML."),
        ("Accounts", "People: logging in, who they are, what they are logged in with."),
        ("Assistant", "Incidents, state and figures at the addresses and in the shapes of the reliability assistant."),
        ("Members", "Who belongs to the workspace, with which role, and who is invited."),
        ("Keys", "Who may use this API."),
        ("Audit", "Who did what, from where, and proof that nobody changed the record."),
        ("Issues", "The GitHub issues that alarms got."),
        ("Operations", "The server itself."),
    ];

    /// <summary>Parameters that mean the same wherever they stand.</summary>
    private static readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal)
    {
        ["cursor"] = "The `next_cursor` of the page before; absent for the first page.",
        ["limit"] = "How many items a page has at most, 1 to 200.",
        ["number"] = "The incident's number.",
        ["id"] = "As lists give it.",
        ["chain"] = "`workspace`, or `installation`: logins of people whom nobody knows, keys that nobody made, setup, restores; for the owner where there is one workspace.",
        ["from"] = "The beginning of the span, included; default: 28 days before its end.",
        ["to"] = "The end of the span, not included; default: now. At most 366 days after its beginning.",
        ["team"] = "Only incidents of this team's services; for fairness, only this team's schedules.",
        ["service"] = "Only incidents of this service; for fairness, only schedules that its policy notifies.",
        ["time_zone"] = "The IANA zone whose days are told, and in which people are taken to live who have said none; default: UTC.",
        ["format"] = "`json` or `csv`; default: what the Accept header asks for.",
        ["prune"] = "Delete what the YAML does not name.",
    };

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer(DescribeAsync);
        options.AddOperationTransformer(CompleteAsync);
    });

    private static Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new()
        {
            Title = "Tocsin",
            Version = "v1",
            Description =
                "On-call and incident response. Names are snake_case, instants RFC 3339 in UTC, enumerations lower-case words. A member that is null is written as null. "
                + "Lists are pages: pass `next_cursor` as `cursor` until it is null. Every refusal is a problem (RFC 9457) whose `title` is a stable code and whose `detail` says what to do; "
                + "`X-Request-Id` names the request. Only 503 and 429 are worth repeating as they are, after `Retry-After` seconds. "
                + "The Alertmanager API at `/api/v2` is Alertmanager's own and not described here.",
            License = new() { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };

        // Where it runs is not part of what it is: the committed copy must not know a test's port.
        document.Servers = [];
        document.Tags = new HashSet<OpenApiTag>(_tags.Select(t => new OpenApiTag { Name = t.Name, Description = t.Description }));
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key of `tocsin key create`." },
            [Header] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-API-Key", Description = "The same key, for tools that cannot send Authorization." },
            [Session] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = "__Host-tocsin",
                Description = "The session of a browser that logged in; over plain HTTP the cookie is named tocsin. Other sites' requests are refused.",
            },
        };
        document.Security = [.. ((string[])[Bearer, Header, Session]).Select(name => new OpenApiSecurityRequirement { [new(name, document)] = [] })];
        return Task.CompletedTask;
    }

    private static async Task CompleteAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var (path, method) = ("/" + context.Description.RelativePath, context.Description.HttpMethod!);
        operation.OperationId = context.Description.ActionDescriptor.EndpointMetadata.OfType<IEndpointNameMetadata>().FirstOrDefault()?.EndpointName ?? NameOf(method, path);
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Description ??= _parameters.GetValueOrDefault(parameter.Name!);
            if (parameter is { Name: "limit", Schema: OpenApiSchema limit })
            {
                (limit.Minimum, limit.Maximum) = (limit.Minimum ?? "1", limit.Maximum ?? "200");
            }
        }

        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<TakesBody>().FirstOrDefault() is { } taken)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = taken.Description,
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType> { [taken.Type] = new() { Schema = new OpenApiSchema { Type = taken.Type == "application/json" ? null : JsonSchemaType.String } } },
            };
        }

        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            // Their credential is the source's key in the path.
            operation.Security = [];
        }

        if (metadata.OfType<AlsoAnswers>().FirstOrDefault() is { } other && operation.Responses?.GetValueOrDefault("200")?.Content is { } content)
        {
            content[other.Type] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        foreach (var (status, description) in Refusals(operation, metadata))
        {
            await AddProblemAsync(operation, context, status, description, ct);
        }
    }

    /// <summary>What can be refused follows from what the operation takes and whom it admits.</summary>
    private static IEnumerable<(int Status, string Description)> Refusals(OpenApiOperation operation, IList<object> metadata)
    {
        var (body, parameters) = (operation.RequestBody is not null, operation.Parameters ?? []);
        yield return (401, "No credential, or one that is unknown or has ended. The same for every address.");
        if (metadata.OfType<IAuthorizeData>().Any(a => a.Policy is Policies.Responder or Policies.Configure or Policies.Admin or Policies.Ingest or Policies.AlertPublisher))
        {
            yield return (403, "The role, or the scopes of the key, do not allow this.");
        }

        if (parameters.Any(p => p.In == ParameterLocation.Path))
        {
            yield return (404, "It is not there, or not in this workspace.");
        }

        foreach (var refusal in metadata.OfType<Refuses>())
        {
            yield return (refusal.Status, refusal.When);
        }

        if (body)
        {
            yield return (400, "The body is empty or not what its headers say it is.");
            yield return (413, "The body is too large, packed or unpacked.");
            yield return (415, "Another media type, charset or Content-Encoding is needed.");
        }

        if (body || parameters.Any(p => p.In == ParameterLocation.Query))
        {
            yield return (422, "A value is of the wrong kind or cannot be; `field` names it.");
        }

        yield return (503, "The store does not answer, and nothing was changed. Send it again after `Retry-After` seconds.");
    }

    private static async Task AddProblemAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, int status, string description, CancellationToken ct)
    {
        var document = context.Document!;
        if (document.Components?.Schemas?.ContainsKey(nameof(Problem)) != true)
        {
            document.AddComponent(nameof(Problem), await context.GetOrCreateSchemaAsync(typeof(Problem), null, ct));
        }

        operation.Responses ??= [];
        operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType> { [ProblemJson] = new() { Schema = new OpenApiSchemaReference(nameof(Problem), document) } },
        });
    }

    /// <summary><c>GET /api/v1/incidents/{number}</c> is <c>get_incidents_by_number</c>.</summary>
    private static string NameOf(string method, string path) => string.Join('_', path
        .Replace("/api/v1", "", StringComparison.Ordinal).Split('/', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part is ['{', .. var name, '}'] ? $"by_{name.Split(':')[0]}" : part.Trim('-'))
        .Where(part => part.Length > 0).Prepend(method.ToLowerInvariant()));
}

/// <summary>A refusal of an operation that does not follow from what it takes; put it on the endpoint.</summary>
/// <param name="When">One sentence for the description.</param>
internal sealed record Refuses(int Status, string When);

/// <summary>An operation answers with a text of this type too, when it is asked to; put it on the endpoint.</summary>
internal sealed record AlsoAnswers(string Type);

/// <summary>What an operation reads from its body itself, whatever the Content-Type says; put it on the endpoint.</summary>
internal sealed record TakesBody(string Type, string Description);
