using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Alerts;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Issues;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Providers;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Tests;

/// <summary>The objects of one node, wired as in the product, on a database, a clock and providers of the test.</summary>
internal sealed class NodeParts
{
    public NodeParts(string node, Database database, IEstates estates, INotifier notifier, TimeProvider clock, JobOptions options, ILoggerFactory? logging = null,
        PagingOptions? paging = null, bool soleWriter = false, Func<JobStore, IJobHandler[]>? more = null)
    {
        logging ??= NullLoggerFactory.Instance;
        Database = database;
        Memory = new(soleWriter);
        (Alerts, Incidents) = (new(Memory), new(Memory));
        paging ??= new();
        Jobs = new(database.Dialect, options.Lease);
        Log = new(new ChangeSignal(), Audit);
        var silences = new SilenceStore();
        var notifiers = new NotifierRegistry([notifier]);
        Proofs = new(notifiers, Log);
        var planner = new PagePlanner(Pages, Jobs, Log, paging, Proofs);
        Flow = new(Incidents, planner, Pages, Turns, Jobs, Log);
        Mutes = new(database, Alerts, Incidents, Places, Flow, Jobs);
        IssueFlow = new(Issues, Jobs, Log, Meter, logging.CreateLogger<IssueFlow>());
        Intake = new(Alerts, Incidents, Flow, Mutes, IssueFlow, Log);
        var desk = Desk = new PageDesk(Pages, Incidents, Flow, planner, Jobs, Log, paging);
        Silences = new(database, estates, silences, Jobs, Log, new(), clock);
        Incident = new(database, estates, Incidents, Flow, Intake, clock);
        var notices = new NoticeDesk(Jobs);
        Covers = new(database, estates, new(), notices, Log, clock);
        Swaps = new(database, estates, new(), Covers, notices, new(new byte[32]), Jobs, Log, clock);
        var links = new PublicLinks("https://tocsin.invalid", new byte[32]);
        var writer = new MessageWriter(links);
        Reports = new(database, new(), Pages, estates, desk, Proofs, clock);
        SelfTests = new(Pages, Proofs, notifiers, Jobs, Log, links);
        Handlers =
        [
            new IncidentWake(database, estates, Flow, Mutes, Jobs, clock),
            new IncidentUpdate(database, estates, Flow, Jobs, clock),
            new SilenceTurn(database, estates, silences, Intake, Mutes, Incidents, Jobs, clock),
            new SwapExpiry(database, estates, Swaps, Jobs, clock),
            new SilenceEnding(database, estates, silences, Alerts, notices, new(links), Jobs, Log, clock),
            new NoticeSender(database, estates, new([notifier]), links, Jobs, Log, clock),
            new PageSender(database, estates, new([notifier]), desk, writer, new(clock), clock, logging.CreateLogger<PageSender>()),
            new PageEditor(database, estates, new([notifier]), Pages, Incidents, Jobs, Log, writer, new(clock), clock),
            new SelfTestSender(database, estates, Pages, SelfTests, Jobs, clock),
            .. more?.Invoke(Jobs) ?? [],
        ];
        Runner = new(database, Jobs, Handlers, options, clock, logging.CreateLogger<JobRunner>()) { Node = node };
    }

    public Database Database { get; }

    public RowMemory Memory { get; }

    public AlertStore Alerts { get; }

    public IncidentStore Incidents { get; }

    public PageStore Pages { get; } = new();

    public TurnStore Turns { get; } = new();

    public ContactProofs Proofs { get; }

    public DeliveryReports Reports { get; }

    public SelfTests SelfTests { get; }

    public DeliveryStore Deliveries { get; } = new();

    public JobStore Jobs { get; }

    public AuditStore Audit { get; } = new();

    public EventLog Log { get; }

    public IncidentFlow Flow { get; }

    public IssueStore Issues { get; } = new();

    public PipelineMeter Meter { get; } = new(Microsoft.Extensions.Options.Options.Create(new PipelineOptions()), Microsoft.Extensions.Options.Options.Create(new Tocsin.Identity.AccountOptions()));

    public IssueFlow IssueFlow { get; }

    public AlertIntake Intake { get; }

    public PageDesk Desk { get; }

    public InhibitionStore Places { get; } = new();

    public Mutes Mutes { get; }

    public SilenceDesk Silences { get; }

    public CoverDesk Covers { get; }

    public SwapDesk Swaps { get; }

    /// <summary>What <see cref="MuteWatch"/> works with.</summary>
    public MuteParts MuteParts => new(Alerts, Intake, Incidents, Mutes, Silences, new());

    /// <summary>What people do to incidents.</summary>
    public IncidentDesk Incident { get; }

    public IReadOnlyList<IJobHandler> Handlers { get; }

    public JobRunner Runner { get; }
}
