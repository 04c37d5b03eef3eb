INSERT INTO rest_error_logs
    (at, run, request, function_name, code, parameters, answer, course, course_name, group_names, person_names, what_happened)
    VALUES (1790000000, 1, 1, 'core_group_delete_groups', 'nopermissions', 'groupids[0]=70', 'not allowed', 101,
        'ANTH1014 2026', 'Tutorial 1', '', 'refused for good in this run; the next run tries again');
