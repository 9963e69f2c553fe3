using Tocsin.Estate;
using Tocsin.Notify;

namespace Tocsin.Doctor;

/// <summary>Every way that a workspace has to reach somebody.</summary>
internal static class ContactMethods
{
    /// <summary>In the order of names; without people who are never paged.</summary>
    public static IEnumerable<(string Owner, ContactMethod Method)> Of(EstateModel estate) =>
        estate.Users.Values.Where(user => !user.Disabled).OrderBy(user => user.Name, StringComparer.Ordinal)
            .SelectMany(user => user.Contact.Select(method => ($"user {user.Name}", method)))
            .Concat(estate.Channels.Values.OrderBy(channel => channel.Name, StringComparer.Ordinal).Select(channel => ("channel", channel)));
}
